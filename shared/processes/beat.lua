-- A process says that it runs, and hears what it must know of the others.
-- KEYS[1] any key with the hash tag. ARGV: base, life (ms), how long tiers are remembered (ms), how long a configuration that
-- no process runs any more stays published (ms), id, facts (JSON), version, tiers of its configuration.
-- Returns {reloads asked for, 1 where the version's configuration is published (0: publish it), …versions in use}.
local base, life, kept, published_for = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local id, facts, version = ARGV[5], ARGV[6], ARGV[7]
local now = now_ms()
redis.call('HSET', base .. 'info', id, facts)
redis.call('ZADD', base .. 'seen', now, id)
redis.call('ZADD', base .. 'versions', now, version)
for i = 8, #ARGV do redis.call('ZADD', base .. 'tiers', now, ARGV[i]) end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', base .. 'seen', '-inf', now - life)) do
  redis.call('ZREM', base .. 'seen', gone)
  redis.call('HDEL', base .. 'info', gone)
end
redis.call('ZREMRANGEBYSCORE', base .. 'versions', '-inf', now - life)
redis.call('ZREMRANGEBYSCORE', base .. 'tiers', '-inf', now - kept)
for _, name in ipairs({ 'info', 'seen', 'versions', 'tiers', 'reload' }) do redis.call('PEXPIRE', base .. name, kept) end
local published = redis.call('PEXPIRE', base .. 'config:' .. version, published_for)
local reply = { tonumber(redis.call('GET', base .. 'reload') or '0'), published }
for _, used in ipairs(redis.call('ZRANGE', base .. 'versions', 0, -1)) do reply[#reply + 1] = used end
return reply
