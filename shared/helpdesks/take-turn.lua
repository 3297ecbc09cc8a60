-- One request to a helpdesk's account, in its turn for all processes. KEYS[1] the account's key, a hash: next when the next
-- request is due at the allowed rate (ms), pausedUntil what the helpdesk asked for (ms).
-- ARGV: requests a minute, requests that may come at once, what to do ('take' | 'pause'), for how long (ms).
-- Returns the milliseconds to wait; 0 where the turn was taken.
local per_minute, burst, what, pause_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local now = now_ms()
local f = redis.call('HMGET', KEYS[1], 'next', 'pausedUntil')
local paused_until = tonumber(f[2] or '0')
if what == 'pause' then
  if now + pause_ms > paused_until then
    redis.call('HSET', KEYS[1], 'pausedUntil', string.format('%.0f', now + pause_ms))
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', pause_ms + 600000))
  end
  return 0
end
if paused_until > now then return math.ceil(paused_until - now) end
local each = 60000 / per_minute
local due = math.max(tonumber(f[1] or '0'), now) + each
local wait = due - now - each * burst
-- Sums of times are not exact to the millisecond.
if wait >= 1 then return math.ceil(wait) end
redis.call('HSET', KEYS[1], 'next', string.format('%.3f', due))
redis.call('PEXPIRE', KEYS[1], 600000)
return 0
