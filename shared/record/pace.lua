-- Gives out the next moment of something that must not happen more often than so many times a minute. How many moments are
-- given and still to come is kept, not when: a rate that changes holds from the next one on.
-- ARGV: base, name, times a minute, how many may come at once. Returns milliseconds until then.
local key, each, burst, now = ARGV[1] .. 'pace:' .. ARGV[2], 60000 / tonumber(ARGV[3]), tonumber(ARGV[4]), now_ms()
local f = redis.call('HMGET', key, 'level', 'at')
local level = math.max(0, tonumber(f[1] or '0') - (now - tonumber(f[2] or '0')) / each) + 1
redis.call('HSET', key, 'level', string.format('%.6f', level), 'at', now_text())
redis.call('PEXPIRE', key, string.format('%.0f', math.ceil(level * each) + 60000))
return math.max(0, math.ceil((level - burst) * each))
