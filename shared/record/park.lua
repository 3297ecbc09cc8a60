-- Puts a leased ticket aside until a moment, in the same state. Costs neither a claim nor a slot.
-- KEYS[1] the ticket's hash. ARGV: base, id, state, token, delay (ms), reason, keep claims (1 after an error of ours, so that
-- a poisoned ticket is found out), begun to be sent (0 where provably nothing left us), number of fields, names and values,
-- ledger rows to settle. Returns {'parked', until} or {'lost'}.
local base, id, state, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = KEYS[1]
local fields = tonumber(ARGV[9])
local f = redis.call('HMGET', key, 'st', 'lt', 'n', 'tl', 'ca', 'sd')
settle_rows(base, key, ARGV, 10 + fields * 2, true)
if f[1] ~= state or f[2] ~= token then return { 'lost' } end

local now = now_ms()
local due = now + tonumber(ARGV[5])
local changes = { 'n', tonumber(f[3]) + 1, 'lt', '', 'pu', due, 'tl', with_line(f[4], now, 'parked', ARGV[6]) }
for i = 10, 9 + fields * 2 do changes[#changes + 1] = ARGV[i] end
redis.call('HSET', key, unpack(changes))
redis.call('HINCRBY', key, 'pk', 1)
if ARGV[7] ~= '1' then redis.call('HSET', key, 'cc', 0) end
-- Only this very claim began the sending, and nothing left us: a newer message may supersede the ticket again.
if ARGV[8] == '0' and f[6] and f[6] == f[5] then redis.call('HDEL', key, 'sd') end
redis.call('ZREM', base .. 'leases', id)
redis.call('ZADD', base .. 'parks', due, id)
return { 'parked', due }
