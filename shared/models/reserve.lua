-- Asks whether a model may be called now, and takes what the call needs: one answer for all processes, see lib.lua.
-- ARGV: base, model, failure window (ms), lease of a call (ms), account identity, model identity, requests a minute, tokens a
-- minute, calls in flight (0: no such limit), token of this call, its tokens (estimated).
-- Returns {'granted', failures counted, counted} | {'probe', 0, counted}: the one trial call of all processes;
-- `counted` is 1 where the call must be reported however it ends. | {'open' | 'quiet' | 'limited', wait (ms), pace (ms)}: not
-- now; quiet: the provider asked to be left alone; limited: by the configured or learned limits. `pace`: how far apart
-- tickets that wait for this model should come back.
local window, lease = tonumber(ARGV[3]), tonumber(ARGV[4])
local account_identity, model_identity = ARGV[5], ARGV[6]
local per_minute, tokens_per_minute, most = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local token, tokens = ARGV[10], tonumber(ARGV[11])
local now = now_ms()

local a = redis.call('HMGET', account_key, 'until', 'probeUntil', 'identity', 'forced:' .. model)
local b = redis.call('HMGET', key, 'until', 'probeUntil', 'failures', 'last', 'quietUntil', 'identity', 'rt', 'tt', 'f', 'fAt',
  'cap', 'capUntil', 'len', 'thresh', 'used')
if a[4] == 'open' then return { 'open', 60000, PACE_MS } end
local account_probe, model_probe = false, false
local quiet = b[5] and math.max(0, tonumber(b[5]) - now) or 0

if a[4] ~= 'closed' then
  if a[1] and a[3] ~= account_identity then
    redis.call('HDEL', account_key, 'until', 'trips', 'since', 'probe', 'probeUntil', 'identity', 'why')
  elseif a[1] then
    local wait = tonumber(a[1]) - now
    if wait > 0 then return { 'open', math.max(wait, quiet), PACE_MS } end
    if a[2] and tonumber(a[2]) > now then return { 'open', math.min(tonumber(a[2]) - now, 1000), PACE_MS } end
    account_probe = true
  end
  if b[1] and b[6] ~= model_identity then
    redis.call('HDEL', key, 'until', 'trips', 'since', 'probe', 'probeUntil', 'identity', 'failures', 'last')
    redis.call('HDEL', account_key, 'open:' .. model)
  elseif b[1] then
    local wait = tonumber(b[1]) - now
    if wait > 0 then return { 'open', math.max(wait, quiet), PACE_MS } end
    if b[2] and tonumber(b[2]) > now then return { 'open', math.min(tonumber(b[2]) - now, 1000), PACE_MS } end
    model_probe = true
  end
end
if quiet > 0 then return { 'quiet', quiet, PACE_MS } end

-- All limits are looked at before anything is taken.
local share = share_of(b[9], b[10], now)
local wait, pace, next_request, next_token = 0, PACE_MS, nil, nil
if per_minute > 0 then
  local each, burst = rate_of(per_minute, share)
  next_request = math.max(tonumber(b[7] or '0'), now) + each
  wait, pace = math.max(wait, next_request - now - burst * each), math.max(pace, each)
end
if tokens_per_minute > 0 then
  local each, burst = rate_of(tokens_per_minute, share)
  next_token = math.max(tonumber(b[8] or '0'), now) + tokens * each
  -- A prompt larger than the burst waits until nothing is owed.
  wait = math.max(wait, next_token - now - math.max(burst, tokens) * each)
  -- Most calls use far less than they reserve.
  pace = math.max(pace, tokens * each * tonumber(b[15] or 1))
end
local cap = b[11] and tonumber(b[12]) > now and math.floor(tonumber(b[11])) or nil
if most > 0 then cap = math.min(most, cap or most) end
if cap then
  redis.call('ZREMRANGEBYSCORE', flight_key, '-inf', now)
  if redis.call('ZCARD', flight_key) >= cap then
    local each = math.max(1, tonumber(b[13] or CALL_MS) / cap)
    -- A cap that still doubles with every round has grown by the time that those who wait are back.
    pace = math.max(pace, b[14] == '' and each / 4 or each)
    wait = math.max(wait, math.min(each, 500))
  end
end
if wait > 0 then return { 'limited', math.ceil(wait), math.ceil(pace) } end

if next_request then redis.call('HSET', key, 'rt', text_of(next_request)) end
if next_token then redis.call('HSET', key, 'tt', text_of(next_token)) end
if next_request or next_token then keep_for(LIMITS_LIFE_MS) end
if cap then
  redis.call('ZADD', flight_key, now + lease, token)
  redis.call('PEXPIRE', flight_key, lease * 2)
end
local counted = (cap or next_token) and 1 or 0
if account_probe then redis.call('HSET', account_key, 'probe', token, 'probeUntil', now + lease) end
if model_probe then redis.call('HSET', key, 'probe', token, 'probeUntil', now + lease) end
if account_probe or model_probe then return { 'probe', 0, counted } end
local failures = tonumber(b[3] or '0')
if b[4] and tonumber(b[4]) + window < now then failures = 0 end
return { 'granted', failures, counted }
