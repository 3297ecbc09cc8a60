-- The slow cursor over open tickets, and the last net: each must be leased, parked, waiting for another open ticket, or
-- hinted by a job that is still to be done; one that is none of these is hinted again. A fixed slice a call, however many wait.
-- ARGV: base, cursor ('' to start over), slice, age (ms) below which a ticket is left alone, queue prefix of the hints' jobs.
-- Returns {next cursor, …{id, state, queue, sequence}}. A cursor is "score n": n tickets of that score have been seen.
local base, cursor, slice, age_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local from, seen = '-inf', 0
if cursor ~= '' then
  local space = string.find(cursor, ' ', 1, true)
  from, seen = string.sub(cursor, 1, space - 1), tonumber(string.sub(cursor, space + 1))
end

local function is_lost(id, f)
  if f[4] and f[4] ~= '' then return not redis.call('ZSCORE', base .. 'leases', id) end
  if f[6] then return not redis.call('ZSCORE', base .. 'open', f[6]) end
  if f[5] then return not redis.call('ZSCORE', base .. 'parks', id) end
  -- A job that is done but kept is as good as gone, and its id cannot be used again.
  local job = redis.call('HMGET', ARGV[5] .. f[2] .. ':' .. id .. '_' .. f[1] .. '_' .. f[3], 'timestamp', 'finishedOn')
  return not job[1] or job[2]
end

local found = redis.call('ZRANGEBYSCORE', base .. 'open', from, now - age_ms, 'WITHSCORES', 'LIMIT', seen, slice)
local reply = { '' }
for i = 1, #found, 2 do
  local id = found[i]
  local key = base .. 't:' .. id
  local f = redis.call('HMGET', key, 'st', 'q', 'n', 'lt', 'pu', 'wf', 'se')
  if not f[2] then
    redis.call('ZREM', base .. 'open', id)
  elseif tonumber(f[7]) < now - age_ms and is_lost(id, f) then
    local n = tonumber(f[3]) + 1
    redis.call('HSET', key, 'n', n, 'se', now, 'lt', '')
    redis.call('HDEL', key, 'wf', 'pu', 'le')
    for _, value in ipairs({ id, f[1], f[2], n }) do reply[#reply + 1] = value end
  end
end

if #found == slice * 2 then
  local last = found[#found]
  local same = 0
  for i = #found, 2, -2 do
    if found[i] ~= last then break end
    same = same + 1
  end
  if last == from then same = same + seen end
  reply[1] = last .. ' ' .. same
end
return reply
