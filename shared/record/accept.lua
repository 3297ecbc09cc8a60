-- Stores a ticket and orders its conversation.
-- KEYS[1] the ticket's hash. ARGV: base, id, ticket JSON, message time (ms), conversation hash, queue of its first hint,
-- tombstone life (ms).
-- Returns {'duplicate', state} | {'accepted', waits (0 or 1), n superseded, …restarts} | {'superseded', …restarts};
-- restarts are {id, state, queue, sequence} of tickets that must be hinted again.
local base, id, created, conversation_hash = ARGV[1], ARGV[2], tonumber(ARGV[4]), ARGV[5]
local key = KEYS[1]
local known = redis.call('HGET', key, 'st')
if known then return { 'duplicate', known } end

local now = now_ms()
local arrival = redis.call('INCR', base .. 'arrivals')
local conversation = base .. 'c:' .. conversation_hash
local others = redis.call('ZRANGE', conversation, 0, -1, 'WITHSCORES')
local waits_for, newer, covered, superseded = false, false, {}, 0

for i = 1, #others, 2 do
  local other = id_of(others[i])
  local other_key = base .. 't:' .. other
  local o = redis.call('HMGET', other_key, 'sd', 'wf', 'pr', 'pu', 'ar', 'tl')
  if tonumber(others[i + 1]) > created then
    if o[1] then waits_for = other else newer = other end
  elseif o[1] then
    waits_for = other
  else
    -- Its answer has not begun to be sent: this newer message speaks for both.
    if o[3] then covered[#covered + 1] = o[3] end
    covered[#covered + 1] = other
    if o[2] and not waits_for then waits_for = o[2] end
    if o[4] then redis.call('ZREM', base .. 'parks', other) end
    finish(base, other, { conversation_hash, o[5], o[6] }, 'superseded', now, id, ARGV[7], { 'sb', id })
    superseded = superseded + 1
  end
end

redis.call('HSET', key, 'st', 'classify', 'n', 1, 'q', ARGV[6], 'at', now, 'se', now, 'tk', ARGV[3], 'cv', conversation_hash,
  'ar', arrival, 'tl', now .. ' queued')
redis.call('ZADD', base .. 'open', now, id)
redis.call('ZADD', conversation, created, arrival .. ':' .. id)
if #covered > 0 then redis.call('HSET', key, 'pr', table.concat(covered, ',')) end
if redis.call('EXISTS', base .. 'people:' .. conversation_hash) == 1 then redis.call('HSET', key, 'wp', 1) end
if not newer then
  if waits_for then redis.call('HSET', key, 'wf', waits_for) end
  return { 'accepted', waits_for and 1 or 0, superseded }
end

-- A message that arrives after a later one of its conversation: the later one answers both, from the start if need be.
finish(base, id, { conversation_hash, arrival, now .. ' queued' }, 'superseded', now, newer, ARGV[7], { 'sb', newer })
local newer_key = base .. 't:' .. newer
local w = redis.call('HMGET', newer_key, 'pr', 'st', 'q', 'n', 'lt', 'ret', 'tl')
covered[#covered + 1] = id
local earlier = table.concat(covered, ',')
if w[1] then earlier = earlier .. ',' .. w[1] end
redis.call('HSET', newer_key, 'pr', earlier)
if w[2] == 'classify' or ((not w[5] or w[5] == '') and w[2] ~= 'deliver') then return { 'superseded' } end
local state, queue, n = w[2], w[3], tonumber(w[4]) + 1
if state == 'deliver' then
  local space = string.find(w[6], ' ', 1, true)
  state, queue = string.sub(w[6], 1, space - 1), string.sub(w[6], space + 1)
end
redis.call('HDEL', newer_key, 'pu', 'rep', 'rty', 'ret')
redis.call('ZREM', base .. 'leases', newer)
redis.call('ZREM', base .. 'parks', newer)
redis.call('HSET', newer_key, 'st', state, 'q', queue, 'n', n, 'se', now, 'lt', '', 'tl', with_line(w[7], now, state, 'restarted for ' .. id))
return { 'superseded', newer, state, queue, n }
