-- Asks whether a model may be called now: one answer for all processes.
-- KEYS[1] the model's breaker hash {failures, last, until, trips, probe, probeUntil}. ARGV: probe token, probe lease (ms),
-- failure window (ms).
-- Returns {'granted', failures counted} | {'probe'} (the one trial call of all processes) | {'open', wait (ms)}.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local b = redis.call('HMGET', KEYS[1], 'until', 'probeUntil', 'failures', 'last')
if not b[1] then
  local failures = tonumber(b[3] or '0')
  if b[4] and tonumber(b[4]) + tonumber(ARGV[3]) < now then failures = 0 end
  return { 'granted', failures }
end
local open_until = tonumber(b[1])
if open_until > now then return { 'open', open_until - now } end
if b[2] and tonumber(b[2]) > now then return { 'open', math.min(tonumber(b[2]) - now, 1000) } end
redis.call('HSET', KEYS[1], 'probe', ARGV[1], 'probeUntil', now + tonumber(ARGV[2]))
return { 'probe' }
