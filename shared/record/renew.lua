-- Extends leases that are still ours.
-- ARGV: base, lease (ms), then id and token alternating. Returns 1 or 0 for each: 0 means the lease is somebody else's now.
local base, lease_ms, now = ARGV[1], tonumber(ARGV[2]), now_ms()
local reply = {}
for i = 3, #ARGV, 2 do
  local key = base .. 't:' .. ARGV[i]
  if redis.call('HGET', key, 'lt') == ARGV[i + 1] then
    redis.call('ZADD', base .. 'leases', now + lease_ms, ARGV[i])
    reply[#reply + 1] = 1
  else
    reply[#reply + 1] = 0
  end
end
return reply
