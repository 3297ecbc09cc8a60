-- Asks whether a model may be called now: one answer for all processes.
-- KEYS[1] the model's breaker hash: failures and the last one's moment, until, since and trips of an opening, probe and
-- probeUntil, quietUntil (the provider asked us to wait: Retry-After). ARGV: probe lease (ms), failure window (ms), probe token.
-- Returns {'granted', failures counted} | {'probe'} (the one trial call of all processes) | {'open', wait (ms)}
-- | {'quiet', wait (ms)}: nothing is wrong with the provider, it only wants to be left alone.
local now = now_ms()
local b = redis.call('HMGET', KEYS[1], 'until', 'probeUntil', 'failures', 'last', 'quietUntil')
local quiet = b[5] and math.max(0, tonumber(b[5]) - now) or 0
if not b[1] then
  if quiet > 0 then return { 'quiet', quiet } end
  local failures = tonumber(b[3] or '0')
  if b[4] and tonumber(b[4]) + tonumber(ARGV[2]) < now then failures = 0 end
  return { 'granted', failures }
end
local wait = math.max(tonumber(b[1]) - now, quiet)
if wait > 0 then return { 'open', wait } end
if b[2] and tonumber(b[2]) > now then return { 'open', math.min(tonumber(b[2]) - now, 1000) } end
redis.call('HSET', KEYS[1], 'probe', ARGV[3], 'probeUntil', now + tonumber(ARGV[1]))
return { 'probe' }
