-- Opens a ledger row before a call, if the caller still holds the lease.
-- ARGV: base, id, token, row JSON. Returns the row's number, or 0 where the lease is lost.
-- A lease makes one call at a time: where the last row is open and the same, it is this one, and the reply was lost.
local key = ARGV[1] .. 't:' .. ARGV[2]
local f = redis.call('HMGET', key, 'lt', 'an')
if f[1] ~= ARGV[3] then return 0 end
local last = f[2] and redis.call('HGET', key, 'a' .. f[2])
if last == 'o' .. ARGV[4] then return tonumber(f[2]) end
local number = tonumber(f[2] or '0') + 1
redis.call('HSET', key, 'an', number, 'a' .. number, 'o' .. ARGV[4])
return number
