-- The slow cursor over open tickets: finds waiting ones whose hint is gone. A fixed slice a call, however many wait.
-- ARGV: base, cursor ("score id" of the last one looked at, '' to start over), slice, age (ms) below which a ticket is left
-- alone, queue prefix of the hints' jobs. Returns {next cursor, …{id, state, queue, sequence}}.
local base, cursor, slice, age_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local from = cursor == '' and '-inf' or cursor
local ids = redis.call('ZRANGEBYSCORE', base .. 'open', from, now - age_ms, 'WITHSCORES', 'LIMIT', 0, slice)
local reply, last = { '' }, false
for i = 1, #ids, 2 do
  local id = ids[i]
  last = ids[i + 1]
  local f = redis.call('HMGET', base .. 't:' .. id, 'st', 'q', 'n', 'lt', 'pu', 'wf', 'se')
  if not f[1] then
    redis.call('ZREM', base .. 'open', id)
  elseif f[6] then
    -- Waits for another ticket's end; if that one is gone, nobody would ever release it.
    if redis.call('ZSCORE', base .. 'open', f[6]) == false then
      redis.call('HDEL', base .. 't:' .. id, 'wf')
      for _, value in ipairs({ id, f[1], f[2], tonumber(f[3]) }) do reply[#reply + 1] = value end
    end
  elseif f[2] and (not f[4] or f[4] == '') and not f[5] and tonumber(f[7]) < now - age_ms then
    local job = ARGV[5] .. f[2] .. ':' .. id .. '_' .. f[1] .. '_' .. f[3]
    if redis.call('EXISTS', job) == 0 then
      for _, value in ipairs({ id, f[1], f[2], tonumber(f[3]) }) do reply[#reply + 1] = value end
    end
  end
end
-- Tickets of the same millisecond stay together: the next slice starts at this score, unless the whole slice had it.
if #ids == slice * 2 then
  reply[1] = (ids[2] == last) and ('(' .. last) or last
end
return reply
