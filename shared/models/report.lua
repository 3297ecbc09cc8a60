-- Tells the shared breaker how a call ended.
-- KEYS[1] the model's breaker hash. ARGV: outcome ('success' | 'failure' | 'trip' | 'neutral'), probe token ('' where the call
-- was no probe), failures that open, window (ms), reset (ms), jitter (per mille), trip for (ms, 'trip' only).
-- A success takes one failure back, so that a small share of errors never opens the breaker, while a dead provider does
-- after the configured number, counted over all processes. Reopening doubles, up to 5 minutes.
-- Returns {state ('closed' | 'open'), wait (ms), opened now (0 or 1)}.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local key, outcome, token = KEYS[1], ARGV[1], ARGV[2]
local b = redis.call('HMGET', key, 'until', 'probe', 'failures', 'last', 'trips')
local is_probe = token ~= '' and b[2] == token

local function open_for(ms, trips)
  redis.call('HSET', key, 'until', now + ms, 'trips', trips, 'since', now)
  redis.call('HDEL', key, 'probe', 'probeUntil', 'failures', 'last')
  redis.call('PEXPIRE', key, ms + 3600000)
  return { 'open', ms, 1 }
end

local function backoff(trips)
  local ms = math.min(tonumber(ARGV[5]) * 2 ^ trips, 300000)
  ms = math.max(ms, tonumber(ARGV[5]))
  return math.floor(ms * (1 + tonumber(ARGV[6]) / 1000))
end

if outcome == 'trip' then
  local ms = tonumber(ARGV[7])
  if b[1] and tonumber(b[1]) >= now + ms then return { 'open', tonumber(b[1]) - now, 0 } end
  return open_for(ms, tonumber(b[5] or '0') + 1)
end
if b[1] then
  -- Open. Only the probe's outcome says anything; late ends of calls from before do not.
  if is_probe and outcome == 'success' then
    redis.call('DEL', key)
    return { 'closed', 0, 0 }
  end
  if is_probe and outcome == 'failure' then
    return open_for(backoff(tonumber(b[5] or '1')), tonumber(b[5] or '1') + 1)
  end
  if is_probe then redis.call('HDEL', key, 'probe', 'probeUntil') end
  return { 'open', math.max(0, tonumber(b[1]) - now), 0 }
end
local failures = tonumber(b[3] or '0')
if b[4] and tonumber(b[4]) + tonumber(ARGV[4]) < now then failures = 0 end
if outcome == 'success' then
  failures = math.max(0, failures - 1)
  if failures == 0 then redis.call('DEL', key) else redis.call('HSET', key, 'failures', failures) end
elseif outcome == 'failure' then
  failures = failures + 1
  if failures >= tonumber(ARGV[3]) then return open_for(backoff(0), 1) end
  redis.call('HSET', key, 'failures', failures, 'last', now)
  redis.call('PEXPIRE', key, tonumber(ARGV[4]) * 2)
end
return { 'closed', 0, 0 }
