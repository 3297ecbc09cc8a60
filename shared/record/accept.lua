-- Stores a ticket and orders its conversation.
-- ARGV: base, queue of its first hint, tombstone life (ms), id, ticket JSON, message time (ms), conversation hash.
-- Returns {'duplicate', state} | {'accepted', waits (0 or 1), …restarts} | {'superseded', …restarts};
-- restarts are {id, state, queue, sequence} of tickets that must be hinted again.
local base, queue_of_first, tombstone_ms = ARGV[1], ARGV[2], ARGV[3]
local id, ticket, created, conversation_hash = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local key = base .. 't:' .. id
local known = redis.call('HGET', key, 'st')
if known then return { 'duplicate', known } end

local now = now_text()
-- Of one width, so that messages of the same time stand in the order of their arrival.
local arrival = string.format('%012.0f', redis.call('INCR', base .. 'arrivals'))
local conversation = base .. 'c:' .. conversation_hash
local others = redis.call('ZRANGE', conversation, 0, -1, 'WITHSCORES')
local waits_for, newer, covered, restarts = false, false, {}, {}

for i = 1, #others, 2 do
  local other = id_of(others[i])
  local o = redis.call('HMGET', base .. 't:' .. other, 'sd', 'pr', 'pu', 'ar', 'tl', 'an', 'q')
  if not o[5] then
    -- Its record is gone, so there is nothing to answer and nobody to wait for.
    redis.call('ZREM', conversation, others[i])
  elseif not o[7] then
    -- A dead letter: the customer has written again.
    if tonumber(others[i + 1]) <= tonumber(created) then
      speak_for(base, other, id, covered)
      redis.call('ZREM', conversation, others[i])
    end
  elseif o[1] then
    waits_for = other
  elseif tonumber(others[i + 1]) > tonumber(created) then
    newer = other
  else
    -- Its answer has not begun to be sent: this newer message speaks for both.
    if o[2] then covered[#covered + 1] = o[2] end
    covered[#covered + 1] = other
    watch_calls(base, other, o[6])
    local released = finish(base, other, { conversation_hash, o[4], o[5] }, 'superseded', now, id, tombstone_ms, { 'sb', id })
    for _, value in ipairs(released) do restarts[#restarts + 1] = value end
    if o[3] then redis.call('ZREM', base .. 'parks', other) end
  end
end

local record = { 'st', 'classify', 'n', '1', 'q', queue_of_first, 'at', now, 'se', now, 'tk', ticket, 'cv', conversation_hash,
  'ar', arrival, 'tl', now .. ' queued' }
local function also(field, value)
  record[#record + 1] = field
  record[#record + 1] = value
end
if redis.call('EXISTS', base .. 'people:' .. conversation_hash) == 1 then also('wp', 1) end
if not newer then
  if #covered > 0 then also('pr', table.concat(covered, ',')) end
  if waits_for then also('wf', waits_for) end
  redis.call('HSET', key, unpack(record))
  redis.call('ZADD', base .. 'open', now, id)
  redis.call('ZADD', conversation, created, arrival .. ':' .. id)
  return { 'accepted', waits_for and 1 or 0, unpack(restarts) }
end

-- A message that arrives after a later one of its conversation: the later one answers both, from the start if need be.
redis.call('HSET', key, unpack(record))
finish(base, id, { conversation_hash, arrival, now .. ' queued' }, 'superseded', now, newer, tombstone_ms, { 'sb', newer })
local newer_key = base .. 't:' .. newer
local w = redis.call('HMGET', newer_key, 'pr', 'st', 'q', 'n', 'lt', 'ret', 'tl', 'an', 'rs')
covered[#covered + 1] = id
if w[1] then covered[#covered + 1] = w[1] end
redis.call('HSET', newer_key, 'pr', table.concat(covered, ','))
local state, queue, n = w[2], w[3], next_after(w[4])
local is_at_work = w[5] and w[5] ~= ''
if state == 'classify' or (state ~= 'deliver' and not is_at_work) then return { 'superseded', unpack(restarts) } end
if state == 'deliver' then
  -- Its answer lacks this message: back to where that was made.
  local back = w[6] or ('classify ' .. queue_of_first)
  local space = string.find(back, ' ', 1, true)
  state, queue = string.sub(back, 1, space - 1), string.sub(back, space + 1)
  -- What is put aside was replayed, and may have arrived before that: what comes instead is another reply.
  if w[9] == '1' then redis.call('HINCRBY', newer_key, 'gen', 1) end
end
watch_calls(base, newer, w[8])
redis.call('HSET', newer_key, 'st', state, 'q', queue, 'n', n, 'se', now, 'lt', '', 'cc', 0,
  'tl', with_line(w[7], now, state, 'restarted for ' .. id, WAITING_BYTES))
redis.call('HDEL', newer_key, 'le', 'pu', 'rep', 'rty', 'ret', 'da', 'dw', 'rs')
redis.call('ZREM', base .. 'leases', newer)
redis.call('ZREM', base .. 'parks', newer)
return { 'superseded', newer, state, queue, n, unpack(restarts) }
