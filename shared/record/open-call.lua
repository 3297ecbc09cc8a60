-- Opens a ledger row before a call, if the caller still holds the lease.
-- KEYS[1] the ticket's hash. ARGV: token, row JSON. Returns the row's number, or 0 where the lease is lost.
local key = KEYS[1]
if redis.call('HGET', key, 'lt') ~= ARGV[1] then return 0 end
local number = redis.call('HINCRBY', key, 'an', 1)
redis.call('HSET', key, 'a' .. number, 'o' .. ARGV[2])
return number
