-- Tells the shared breaker how a call ended.
-- KEYS[1] the model's breaker hash (see reserve.lua). ARGV: outcome ('success' | 'failure' | 'trip' | 'neutral'), probe token
-- ('' where the call was no probe), failures that open, window (ms), reset (ms), jitter (per mille), trip for (ms, 'trip'
-- only), quiet for (ms, 0 where the provider did not ask for it).
-- A success takes one failure back, so that a small share of errors never opens the breaker, while a dead provider does
-- after the configured number, counted over all processes. Failures are forgotten when none came for a window. Reopening
-- doubles, up to 5 minutes. A quiet time is none of this: it only ever gets longer, whatever other calls bring.
-- Returns {'closed', failures counted} | {'open', wait (ms)}.
local now = now_ms()
local key, outcome, token = KEYS[1], ARGV[1], ARGV[2]
local b = redis.call('HMGET', key, 'until', 'probe', 'failures', 'last', 'trips', 'quietUntil')
local is_probe = token ~= '' and b[2] == token

-- The hash lives as long as anything in it means something.
local function keep_for(ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local quiet_until = tonumber(b[6] or '0')
if now + tonumber(ARGV[8]) > quiet_until and tonumber(ARGV[8]) > 0 then
  quiet_until = now + tonumber(ARGV[8])
  redis.call('HSET', key, 'quietUntil', quiet_until)
  keep_for(tonumber(ARGV[8]))
end

local function open_for(ms, trips)
  redis.call('HSET', key, 'until', now + ms, 'trips', trips, 'since', now)
  redis.call('HDEL', key, 'probe', 'probeUntil', 'failures', 'last')
  keep_for(ms + 3600000)
  return { 'open', math.max(ms, quiet_until - now) }
end

local function close()
  redis.call('HDEL', key, 'until', 'trips', 'since', 'probe', 'probeUntil', 'failures', 'last')
  return { 'closed', 0 }
end

local function backoff(trips)
  local ms = math.min(tonumber(ARGV[5]) * 2 ^ trips, 300000)
  ms = math.max(ms, tonumber(ARGV[5]))
  return math.floor(ms * (1 + tonumber(ARGV[6]) / 1000))
end

if outcome == 'trip' then
  local ms = tonumber(ARGV[7])
  if not b[1] or tonumber(b[1]) < now + ms then return open_for(ms, tonumber(b[5] or '0') + 1) end
  return { 'open', tonumber(b[1]) - now }
end
if b[1] then
  -- Open. Only the probe's outcome says anything; late ends of calls from before do not.
  if is_probe and outcome == 'success' then return close() end
  if is_probe and outcome == 'failure' then
    return open_for(backoff(tonumber(b[5] or '1')), tonumber(b[5] or '1') + 1)
  end
  if is_probe then redis.call('HDEL', key, 'probe', 'probeUntil') end
  return { 'open', math.max(0, tonumber(b[1]) - now, quiet_until - now) }
end
local failures = tonumber(b[3] or '0')
if b[4] and tonumber(b[4]) + tonumber(ARGV[4]) < now then failures = 0 end
if outcome == 'success' then
  if failures <= 1 then return close() end
  failures = failures - 1
  redis.call('HSET', key, 'failures', failures)
elseif outcome == 'failure' then
  failures = failures + 1
  if failures >= tonumber(ARGV[3]) then return open_for(backoff(0), 1) end
  redis.call('HSET', key, 'failures', failures, 'last', now)
  keep_for(tonumber(ARGV[4]) * 2)
end
return { 'closed', failures }
