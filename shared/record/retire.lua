-- Takes the content out of tickets that ended long ago; a small tombstone stays for the dedupe horizon.
-- ARGV: base, end state, content life (ms), most tickets. Returns how many were emptied.
local base, state = ARGV[1], ARGV[2]
local ids = redis.call('ZRANGEBYSCORE', base .. 'end:' .. state, '-inf', now_ms() - tonumber(ARGV[3]), 'LIMIT', 0, ARGV[4])
for _, id in ipairs(ids) do
  if state == 'dead' or state == 'handed_off' then
    local f = redis.call('HMGET', base .. 't:' .. id, 'cv', 'ar')
    if f[1] then redis.call('ZREM', base .. 'c:' .. f[1], f[2] .. ':' .. id) end
  end
  redis.call('HDEL', base .. 't:' .. id, 'tk', 'rep', 'dlv', 'cls', 'rte', 'tl', 'pr', 'why', 'fb')
  redis.call('ZREM', base .. 'end:' .. state, id)
end
return #ids
