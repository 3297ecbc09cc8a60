-- Finds expired leases and parks that are due. Costs what is lost or due, not what waits.
-- ARGV: base, most tickets. Returns {id, state, queue, sequence} of each ticket that must be hinted, flattened.
local base, limit, now = ARGV[1], tonumber(ARGV[2]), now_ms()
local reply = {}

for _, set in ipairs({ 'leases', 'parks' }) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. set, '-inf', now, 'LIMIT', 0, limit)) do
    local key = base .. 't:' .. id
    local f = redis.call('HMGET', key, 'st', 'q', 'n', 'tl')
    if f[2] then
      local n = tonumber(f[3]) + 1
      if set == 'leases' then
        local timeline = with_line(f[4], now, f[1], 'lease expired', WAITING_BYTES)
        redis.call('HSET', key, 'n', n, 'se', now, 'lt', '', 'tl', timeline)
      else
        redis.call('HSET', key, 'n', n, 'se', now)
        redis.call('HDEL', key, 'pu')
      end
      for _, value in ipairs({ id, f[1], f[2], n }) do reply[#reply + 1] = value end
    end
    redis.call('ZREM', base .. set, id)
  end
end
return reply
