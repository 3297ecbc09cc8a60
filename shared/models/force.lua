-- Opens or closes a model's breaker by hand, until it is told otherwise. ARGV: base, model, 'open' | 'closed' | 'auto'.
if ARGV[3] == 'auto' then
  redis.call('HDEL', account_key, 'forced:' .. model)
else
  redis.call('HSET', account_key, 'forced:' .. model, ARGV[3])
end
return 1
