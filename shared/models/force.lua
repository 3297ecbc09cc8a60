-- Opens or closes a model's breaker by hand, until it is told otherwise. ARGV: base, model, 'open' | 'closed' | 'auto'.
-- Who had closed it and leaves it to itself again does not wait for what was open before: the next call is its probe.
if ARGV[3] == 'auto' then
  if redis.call('HGET', account_key, 'forced:' .. model) == 'closed' then
    for _, opened in ipairs({ account_key, key }) do
      local ends = redis.call('HGET', opened, 'until')
      if ends and tonumber(ends) > now_ms() then redis.call('HSET', opened, 'until', now_text()) end
    end
  end
  redis.call('HDEL', account_key, 'forced:' .. model)
else
  redis.call('HSET', account_key, 'forced:' .. model, ARGV[3])
end
return 1
