-- Finds expired leases and parks that are due. Costs what is lost or due, not what waits. Entries that a stage left for the
-- next one, which has not come yet, are dropped: the ticket has its hint. Parked tickets of a paused source wait on, without
-- troubling a queue or a worker; the spread is by the moment at which they were due.
-- ARGV: base, most tickets, how long those wait on at least and the spread (ms), paused sources…
-- Returns {1 where more may be due, …{id, state, queue, sequence} of each ticket to be hinted}.
local base, limit, now = ARGV[1], tonumber(ARGV[2]), now_ms()
local reply = { 0 }
local paused = {}
for i = 5, #ARGV do paused[ARGV[i]] = true end

for _, set in ipairs({ 'leases', 'parks' }) do
  local due = redis.call('ZRANGEBYSCORE', base .. set, '-inf', now, 'LIMIT', 0, limit)
  if #due == limit then reply[1] = 1 end
  for _, id in ipairs(due) do
    local key = base .. 't:' .. id
    local f = redis.call('HMGET', key, 'st', 'q', 'n', 'tl', 'lt', 'ps')
    local waits_on = set == 'parks' and f[2] and f[6] and paused[f[6]]
    if waits_on then
      local due_at = tonumber(redis.call('ZSCORE', base .. set, id))
      local again = string.format('%.0f', now + tonumber(ARGV[3]) + due_at % tonumber(ARGV[4]))
      redis.call('HSET', key, 'pu', again)
      redis.call('ZADD', base .. set, again, id)
    elseif f[2] and (set == 'parks' or (f[5] and f[5] ~= '')) then
      local n = tonumber(f[3]) + 1
      if set == 'leases' then
        local timeline = with_line(f[4], now, f[1], 'lease expired', WAITING_BYTES)
        redis.call('HSET', key, 'n', n, 'se', now, 'lt', '', 'tl', timeline)
      else
        redis.call('HSET', key, 'n', n, 'se', now)
        redis.call('HDEL', key, 'pu')
      end
      for _, value in ipairs({ id, f[1], f[2], n }) do reply[#reply + 1] = value end
    end
    if not waits_on then redis.call('ZREM', base .. set, id) end
  end
end
return reply
