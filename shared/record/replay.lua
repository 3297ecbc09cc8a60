-- Brings a dead letter back to life: in the state and queue given, as the generation given, with a new deadline.
-- ARGV: base, id, 'dry' or 'go', end and sequence that the caller saw, 1 to answer what people were told of, to, queue,
-- generation, deadline (ms), message time (ms), delay (ms) after which its turn comes, destination of the stored reply where that
-- is to be sent again ('' where it is to be made anew), 1 where that has been sent and is only sent once more: whoever has the
-- conversation keeps it, and nothing takes this one's place meanwhile.
-- Returns {'replayed', sequence} | {'superseded' | 'busy', other id} | {'changed' | 'emptied' | 'dropped' | 'handed_off'}.
-- The last one needs people's leave: it was handed off, or its conversation is with people.
local base, id, key = ARGV[1], ARGV[2], ARGV[1] .. 't:' .. ARGV[2]
local from, seen, to, queue, destination = ARGV[4], ARGV[5], ARGV[7], ARGV[8], ARGV[13]
local once_more = ARGV[14] == '1'
local f = redis.call('HMGET', key, 'st', 'n', 'sb', 'tk', 'cv', 'ar', 'tl', 'drp')
if f[8] then return { 'dropped' } end
if f[1] ~= from or f[2] ~= seen then return { 'changed' } end
if not f[4] then return { 'emptied' } end
if f[3] and not once_more then return { 'superseded', f[3] } end
local people, conversation = base .. 'people:' .. f[5], base .. 'c:' .. f[5]
if not once_more and ARGV[6] ~= '1' and (from == 'handed_off' or redis.call('EXISTS', people) == 1) then return { 'handed_off' } end
for _, member in ipairs(redis.call('ZRANGE', conversation, 0, -1)) do
  local other = id_of(member)
  if other ~= id and redis.call('ZSCORE', base .. 'open', other) then return { 'busy', other } end
end
if ARGV[3] == 'dry' then return { 'replayed', 0 } end

local now, n, delay = now_text(), next_after(seen), tonumber(ARGV[12])
local due = string.format('%.0f', now_ms() + delay)
local why = once_more and 'sent once more' or 'replayed as generation ' .. ARGV[9]
local timeline = with_line(f[7], now, to, why, math.huge)
if delay > 0 then timeline = with_line(timeline, now, 'parked', 'replayed at a capped rate', math.huge) end
-- Its age counts from the moment at which its turn comes.
redis.call('HSET', key, 'st', to, 'n', n, 'q', queue, 'at', due, 'se', now, 'gen', ARGV[9], 'dl', ARGV[10], 'cc', '0', 'lt', '',
  'tl', timeline)
redis.call('ZADD', base .. 'open', due, id)
redis.call('ZADD', conversation, ARGV[11], f[6] .. ':' .. id)
if delay > 0 then
  redis.call('HSET', key, 'pu', due)
  redis.call('ZADD', base .. 'parks', due, id)
end
if destination ~= '' then redis.call('HSET', key, 'dst', destination, 'rs', '1') end
redis.call('PERSIST', key)
redis.call('HDEL', key, 'ea', 'why', 'xm', 'wp', 'da', 'dw', 'ho')
if destination == '' then redis.call('HDEL', key, 'rep', 'rty', 'dst', 'rte', 'rs') end
redis.call('ZREM', base .. 'end:' .. from, id)
if once_more then
  redis.call('HSET', key, 'sd', 'once more')
else
  redis.call('DEL', people)
end
return { 'replayed', n }
