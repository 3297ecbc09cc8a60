-- Takes a ticket's lease for one stage.
-- ARGV: base, state, lease (ms), claims allowed without progress, fields to return…, id, token.
-- Returns {"claimed | poison, sequence, now, with people (0 or 1), claims without progress" in one text with blanks (each
-- value of a reply costs its reader), values…} or {why not}: 'gone', 'moved', 'waiting', 'parked', 'leased'. A poisoned ticket is leased too, so that its
-- claimer can give it up.
local base, state = ARGV[1], ARGV[2]
local id, token = ARGV[#ARGV - 1], ARGV[#ARGV]
local key = base .. 't:' .. id
local own = 9
local fields = memo.fields
if not fields then
  fields = { 'st', 'lt', 'n', 'cc', 'wf', 'pu', 'wp', 'sd', 'le' }
  for i = 5, #ARGV - 2 do fields[own + i - 4] = ARGV[i] end
  memo.fields, memo.lease_end = fields, string.format('%.0f', now_ms() + ARGV[3])
  -- An entry that the stage before left is good enough while most of it is left: renewing comes within half a lease.
  memo.good_enough = now_ms() + ARGV[3] * 3 / 4
end
local f = redis.call('HMGET', key, unpack(fields))
if not f[1] then return { 'gone' } end
if f[1] ~= state then return { 'moved' } end
if f[5] then return { 'waiting' } end
local now = now_ms()
if f[2] and f[2] ~= '' and f[2] ~= token then
  local lease = redis.call('ZSCORE', base .. 'leases', id)
  if lease and tonumber(lease) > now then return { 'leased' } end
end
if f[6] and tonumber(f[6]) > now then return { 'parked' } end
local claims = next_after(f[4] or '0')
local changes = { 'lt', token, 'ca', now_text(), 'cc', claims }
if not f[9] or tonumber(f[9]) < memo.good_enough then
  changes[7], changes[8] = 'le', memo.lease_end
  redis.call('ZADD', base .. 'leases', memo.lease_end, id)
end
if state == 'deliver' and not f[8] then
  -- From here on a newer message of the conversation waits for this one's end instead of superseding it.
  changes[#changes + 1] = 'sd'
  changes[#changes + 1] = token
end
redis.call('HSET', key, unpack(changes))
if f[6] then
  redis.call('HDEL', key, 'pu')
  redis.call('ZREM', base .. 'parks', id)
end
local kind = tonumber(claims) > tonumber(ARGV[4]) and 'poison ' or 'claimed '
local reply = { kind .. f[3] .. ' ' .. now_text() .. (f[7] and ' 1 ' or ' 0 ') .. claims }
for i = own + 1, #fields do reply[i - own + 1] = f[i] end
return reply
