-- Replaces what is stored of one condition if nobody else has meanwhile. ARGV: id, what the caller saw, what is to be; '' is
-- nothing. Returns 1, or 0 where it was not as the caller saw it.
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
