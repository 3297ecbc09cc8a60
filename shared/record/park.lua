-- Puts a leased ticket aside until a moment, in the same state. Costs neither a claim nor a slot.
-- ARGV: base, state, keep claims (1 after an error of ours, so that a poisoned ticket is found out), begun to be sent (0 where
-- provably nothing left us), number of fields, their names, id, token, delay (ms), reason, the fields' values, ledger rows to
-- settle. Returns {'parked', until} or {'lost'}.
local base, state = ARGV[1], ARGV[2]
local fields = tonumber(ARGV[5])
local names, values = 5, 9 + fields
local id, token, delay_ms, reason = ARGV[6 + fields], ARGV[7 + fields], tonumber(ARGV[8 + fields]), ARGV[9 + fields]
local key = base .. 't:' .. id
local f = redis.call('HMGET', key, 'st', 'lt', 'n', 'tl', 'sd')
local ours = f[1] == state and f[2] == token
settle_rows(base, key, ARGV, values + fields + 1, ours)
if not ours then return { 'lost' } end

local now = now_ms()
local due = now + delay_ms
local timeline = with_line(f[4], now, 'parked', reason, WAITING_BYTES)
local changes = { 'n', tonumber(f[3]) + 1, 'lt', '', 'pu', due, 'tl', timeline }
add_fields(changes, ARGV, names, values, fields)
if ARGV[3] ~= '1' then
  changes[#changes + 1] = 'cc'
  changes[#changes + 1] = 0
end
redis.call('HSET', key, unpack(changes))
redis.call('HINCRBY', key, 'pk', 1)
redis.call('ZADD', base .. 'parks', due, id)
redis.call('HDEL', key, 'le')
redis.call('ZREM', base .. 'leases', id)
-- This very claim began the sending, and nothing left us: a newer message may supersede the ticket again.
if ARGV[4] == '0' and f[5] == token then redis.call('HDEL', key, 'sd') end
return { 'parked', due }
