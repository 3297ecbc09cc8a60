-- Moves a ticket from one state to the next, if it is still in that state and the lease is still the caller's.
-- KEYS[1] the ticket's hash. ARGV: base, id, from, token, to, queue ('' at an end), tombstone life (ms), detail for the
-- timeline, content life (ms), number of fields, then names and values, then ledger rows to settle (see lib.lua).
-- Returns {'advanced', sequence, …released} (released: {id, state, queue, sequence} of tickets that waited for this end)
-- or {'lost'}. Rows are settled in both cases: the money was spent.
local base, id, from, token, to, queue = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = KEYS[1]
local fields = tonumber(ARGV[10])
local f = redis.call('HMGET', key, 'st', 'lt', 'n', 'ca', 'cv', 'ar', 'tl')
local ours = f[1] == from and f[2] == token
settle_rows(base, key, ARGV, 11 + fields * 2, ours)
if not ours then return { 'lost' } end

local now, n = now_ms(), tonumber(f[3]) + 1
local timeline = f[7]
if from == 'classify' then timeline = with_line(timeline, f[4], 'classifying', '') end
if queue == '' then
  local changes = { 'n', n }
  for i = 11, 10 + fields * 2 do changes[i - 8] = ARGV[i] end
  if to == 'handed_off' then redis.call('SET', base .. 'people:' .. f[5], id, 'PX', ARGV[9]) end
  local reply = finish(base, id, { f[5], f[6], timeline }, to, now, ARGV[8], ARGV[7], changes)
  table.insert(reply, 1, n)
  table.insert(reply, 1, 'advanced')
  return reply
end
local changes = { 'n', n, 'st', to, 'q', queue, 'se', now, 'lt', '', 'cc', 0, 'tl', with_line(timeline, now, to, ARGV[8]) }
for i = 11, 10 + fields * 2 do changes[i + 4] = ARGV[i] end
redis.call('HSET', key, unpack(changes))
redis.call('ZREM', base .. 'leases', id)
return { 'advanced', n }
