-- When a ticket that waits for a model should come back: not before `wait`, and not together with the others that wait for it.
-- ARGV: base, model, wait (ms), pace (ms, from reserve.lua). Returns milliseconds from now.
local now, wait, pace = now_ms(), tonumber(ARGV[3]), tonumber(ARGV[4])
local latest = now + wait + 60000
local place = math.max(tonumber(redis.call('HGET', key, 'line') or '0'), now + wait)
-- A full line begins anew: those who come back meet the limits again.
if place > latest then place = now + wait end
redis.call('HSET', key, 'line', text_of(place + pace))
keep_for(LIMITS_LIFE_MS)
return math.ceil(place - now)
