-- Moves a ticket from one state to the next, if it is still in that state and the lease is still the caller's.
-- ARGV: base, from, to, queue ('' at an end), tombstone life (ms), content life (ms), number of fields, their names, id, token,
-- detail for the timeline, the fields' values, ledger rows to settle (see lib.lua).
-- Returns {'advanced', sequence, …released} (released: {id, state, queue, sequence} of tickets that waited for this end)
-- or {'lost'}. Rows are settled in both cases: the money was spent.
-- Between two stages the ticket keeps its entry in `leases` for the next claim, which mostly comes at once; the sweep
-- drops it otherwise.
local base, from, to, queue, tombstone_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local fields = tonumber(ARGV[7])
local names, values = 7, 10 + fields
local id, token, detail = ARGV[8 + fields], ARGV[9 + fields], ARGV[10 + fields]
local key = base .. 't:' .. id
-- The last is the ledger row, where there is one to settle.
local row = 'a' .. (ARGV[values + fields + 2] or '')
local f = redis.call('HMGET', key, 'st', 'lt', 'n', 'ca', 'cv', 'ar', 'tl', row)
local ours = f[1] == from and f[2] == token
if not ours then
  settle_rows(base, key, ARGV, values + fields + 1, false)
  return { 'lost' }
end

local now, n = now_text(), next_after(f[3])
local timeline = f[7]
if from == 'classify' then timeline = with_line(timeline, f[4], 'classifying', '', TIMELINE_BYTES) end
if queue == '' then
  local changes = { 'n', n }
  add_fields(changes, ARGV, names, values, fields)
  settle_rows(base, key, ARGV, values + fields + 1, true, changes, f[8])
  if to == 'handed_off' then redis.call('SET', base .. 'people:' .. f[5], id, 'PX', ARGV[6]) end
  if to == 'delivered' or to == 'drafted' or to == 'handed_off' then
    -- Helpdesks tell what became of an answer by its conversation; it is kept with the ticket while that has its content.
    redis.call('SET', base .. 'last:' .. f[5], id, 'PX', ARGV[6])
  end
  local reply = finish(base, id, { f[5], f[6], timeline }, to, now, detail, tombstone_ms, changes)
  table.insert(reply, 1, n)
  table.insert(reply, 1, 'advanced')
  return reply
end
local changes = { 'n', n, 'st', to, 'q', queue, 'se', now, 'lt', '', 'cc', '0', 'tl', with_line(timeline, now, to, detail, TIMELINE_BYTES) }
add_fields(changes, ARGV, names, values, fields)
settle_rows(base, key, ARGV, values + fields + 1, true, changes, f[8])
redis.call('HSET', key, unpack(changes))
return { 'advanced', n }
