-- Finds expired leases and parks that are due. Costs what is lost or due, not what waits.
-- ARGV: base, most tickets. Returns {id, state, queue, sequence} of each ticket that must be hinted, flattened.
local base, limit, now = ARGV[1], tonumber(ARGV[2]), now_ms()
local reply = {}

local function hint(id, detail)
  local key = base .. 't:' .. id
  local f = redis.call('HMGET', key, 'st', 'q', 'n', 'tl')
  if not f[2] then return end
  local n = tonumber(f[3]) + 1
  redis.call('HDEL', key, 'pu')
  redis.call('HSET', key, 'n', n, 'se', now, 'lt', '')
  if detail then redis.call('HSET', key, 'tl', with_line(f[4], now, f[1], detail)) end
  for _, value in ipairs({ id, f[1], f[2], n }) do reply[#reply + 1] = value end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'leases', '-inf', now, 'LIMIT', 0, limit)) do
  redis.call('ZREM', base .. 'leases', id)
  hint(id, 'lease expired')
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'parks', '-inf', now, 'LIMIT', 0, limit)) do
  redis.call('ZREM', base .. 'parks', id)
  hint(id, nil)
end
return reply
