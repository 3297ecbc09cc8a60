-- Tells what a call came to: gives back what it held, and moves the breakers, see lib.lua.
-- ARGV: base, model, failures that open, window (ms), reset (ms), account identity, model identity, requests a minute, tokens
-- a minute (0: no limit), then: outcome ('success' | 'failure' | 'neutral' | 'trip_model' | 'trip_account' | 'unmade': no call
-- was made), token of the call, jitter (per mille), trip for (ms), quiet for (ms, 0 where the provider did not ask for it),
-- 1 where the provider said that we call too often, tokens reserved, tokens used (-1: unknown), 'key' | 'quota': what trips
-- the account, how long the call took (ms).
-- A success takes one failure back, so that a small share of errors never opens the breaker, while a dead provider does
-- after the configured number, counted over all processes. Failures are forgotten when none came for a window. Reopening
-- doubles, up to 5 minutes. A quiet time is none of this: it only ever gets longer, whatever other calls bring.
-- Where calls in flight are capped, as after an outage, a failure first lowers the cap: a provider that just came back, or
-- has room for only so many, is not failed again by the wave. It counts where nothing has succeeded since the last lowering,
-- or where one call at a time is too much; failures of calls that were in flight together are one lesson.
-- Two open models open the account: the provider is down, and the others need not find out by themselves.
-- Returns {'closed', failures counted} | {'open', wait (ms), 'model' | 'account'}.
local threshold, window, reset = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local account_identity, model_identity = ARGV[6], ARGV[7]
local per_minute, tokens_per_minute = tonumber(ARGV[8]), tonumber(ARGV[9])
local outcome, token, jitter = ARGV[10], ARGV[11], 1 + tonumber(ARGV[12]) / 1000
local trip_ms, quiet_ms, said_too_often = tonumber(ARGV[13]), tonumber(ARGV[14]), ARGV[15] == '1'
local reserved, used, took = tonumber(ARGV[16]), tonumber(ARGV[17]), tonumber(ARGV[19])
local now = now_ms()
local a = redis.call('HMGET', account_key, 'until', 'probe', 'trips', 'forced:' .. model)
local b = redis.call('HMGET', key, 'until', 'probe', 'failures', 'last', 'trips', 'quietUntil', 'rt', 'tt', 'f', 'fAt', 'cap',
  'thresh', 'capUntil', 'cutAt', 'won', 'mark', 'len', 'used')
local is_account_probe, is_probe = a[2] == token, b[2] == token

-- What the call held, and what 429s, failures and successes teach.
local share = share_of(b[9], b[10], now)
local is_capped = b[11] and tonumber(b[13]) > now
local is_lesson = false
if is_capped and outcome == 'failure' and not (a[1] or b[1]) then
  local own = tonumber(redis.call('ZSCORE', flight_key, token) or '0')
  local cap = math.floor(tonumber(b[11]))
  if b[16] and own <= tonumber(b[16]) then
    is_lesson = true
  elseif b[15] and cap > 1 then
    is_lesson = true
    local newest = redis.call('ZRANGE', flight_key, -1, -1, 'WITHSCORES')[2] or '0'
    redis.call('HSET', key, 'mark', newest)
    redis.call('HDEL', key, 'won')
    set_cap(math.max(1, math.floor(cap * 0.7)), math.max(1, math.floor(cap * 0.7)), now + LEARN_MS)
  end
end
local held = redis.call('ZREM', flight_key, token) == 1
if held and outcome == 'success' then
  redis.call('HSET', key, 'len', text_of(b[17] and 0.8 * tonumber(b[17]) + 0.2 * took or took))
  keep_for(LIMITS_LIFE_MS)
end
if outcome == 'unmade' and per_minute > 0 and b[7] then
  redis.call('HSET', key, 'rt', text_of(tonumber(b[7]) - rate_of(per_minute, share)))
end
if outcome == 'unmade' then used = 0 end
if tokens_per_minute > 0 and used >= 0 and b[8] then
  local each = rate_of(tokens_per_minute, share)
  redis.call('HSET', key, 'tt', text_of(tonumber(b[8]) + (used - reserved) * each))
  if used > 0 and reserved > 0 then
    redis.call('HSET', key, 'used', text_of(0.8 * tonumber(b[18] or used / reserved) + 0.2 * used / reserved))
  end
end
if said_too_often and (not b[14] or tonumber(b[14]) + 1000 < now) then
  -- Answers to calls that were in flight together are one lesson.
  keep_for(LIMITS_LIFE_MS)
  redis.call('HSET', key, 'cutAt', now, 'f', text_of(math.max(0.05, share * 0.7)), 'fAt', now)
  if is_capped then
    local cap = math.max(1, math.floor(tonumber(b[11]) * 0.7))
    set_cap(cap, cap, now + LEARN_MS)
  else
    set_cap(LEARN_FROM, '', now + LEARN_MS)
  end
elseif outcome == 'success' and is_capped then
  local cap = tonumber(b[11])
  local is_slow = b[12] ~= '' and cap >= tonumber(b[12])
  redis.call('HSET', key, 'cap', text_of(cap + (is_slow and 1 / cap or 1)), 'won', 1)
end

local quiet_until = tonumber(b[6] or '0')
if quiet_ms > 0 and now + quiet_ms > quiet_until then
  quiet_until = now + quiet_ms
  redis.call('HSET', key, 'quietUntil', quiet_until)
  keep_for(quiet_ms * 2)
end

local function backoff(trips)
  return math.floor(math.max(reset, math.min(reset * 2 ^ trips, 300000)) * jitter)
end

local function open_account(ms, trips, why)
  redis.call('HSET', account_key, 'until', now + ms, 'trips', trips, 'since', now, 'identity', account_identity, 'why', why)
  redis.call('HDEL', account_key, 'probe', 'probeUntil')
  return { 'open', math.max(ms, quiet_until - now), 'account' }
end

local function open_model(ms, trips)
  redis.call('HSET', key, 'until', now + ms, 'trips', trips, 'since', now, 'identity', model_identity)
  redis.call('HDEL', key, 'probe', 'probeUntil', 'failures', 'last')
  keep_for(ms + 3600000)
  redis.call('HSET', account_key, 'open:' .. model, now + ms)
end

-- A model's own opening, and the account's where another model of it is open too.
local function fail_model(ms, trips)
  open_model(ms, trips)
  if a[1] then return { 'open', math.max(ms, quiet_until - now), 'model' } end
  local others = 0
  local fields = redis.call('HGETALL', account_key)
  for i = 1, #fields, 2 do
    local is_other = string.sub(fields[i], 1, 5) == 'open:' and fields[i] ~= 'open:' .. model
    if is_other and tonumber(fields[i + 1]) > now then others = others + 1 end
  end
  if others > 0 then return open_account(ms, trips, 'models') end
  return { 'open', math.max(ms, quiet_until - now), 'model' }
end

-- The probe's success is the first.
local function start_ramp()
  set_cap(RAMP_FROM, '', now + RAMP_MS)
  redis.call('HSET', key, 'won', 1)
  redis.call('HDEL', key, 'mark')
end

local function close_model()
  redis.call('HDEL', key, 'until', 'trips', 'since', 'probe', 'probeUntil', 'failures', 'last', 'identity')
  if b[1] then
    redis.call('HDEL', account_key, 'open:' .. model)
    redis.call('HDEL', key, 'line')
    -- It is back: calls return as fast as it answers them, not all at once.
    start_ramp()
  end
end

if a[4] == 'closed' then return { 'closed', 0 } end
if outcome == 'trip_account' or outcome == 'trip_model' then
  local is_account = outcome == 'trip_account'
  local trips = tonumber((is_account and a[3] or b[5]) or '0') + 1
  local ms = math.floor(trip_ms * jitter)
  local open_until = tonumber((is_account and a[1] or b[1]) or '0')
  -- A shorter trip does not shorten a longer one.
  if open_until >= now + ms then return { 'open', open_until - now, is_account and 'account' or 'model' } end
  if is_account then return open_account(ms, trips, ARGV[18]) end
  open_model(ms, trips)
  return { 'open', math.max(ms, quiet_until - now), 'model' }
end

if is_account_probe then
  if outcome == 'success' then
    redis.call('HDEL', account_key, 'until', 'trips', 'since', 'probe', 'probeUntil', 'identity', 'why')
    if not b[1] then start_ramp() end
    a[1] = false
  elseif outcome == 'failure' then
    local trips = tonumber(a[3] or '1')
    local reply = open_account(backoff(trips), trips + 1, 'models')
    if is_probe then open_model(backoff(trips), tonumber(b[5] or '1') + 1) end
    return reply
  else
    redis.call('HDEL', account_key, 'probe', 'probeUntil')
  end
end
if b[1] then
  -- Open. Only the probe's outcome says anything; late ends of calls from before do not.
  if is_probe and outcome == 'success' then
    close_model()
    return { 'closed', 0 }
  end
  if is_probe and outcome == 'failure' then return fail_model(backoff(tonumber(b[5] or '1')), tonumber(b[5] or '1') + 1) end
  if is_probe then redis.call('HDEL', key, 'probe', 'probeUntil') end
  return { 'open', math.max(0, tonumber(b[1]) - now, quiet_until - now), 'model' }
end
local failures = tonumber(b[3] or '0')
if b[4] and tonumber(b[4]) + window < now then failures = 0 end
if outcome == 'success' then
  failures = math.max(0, failures - 1)
  if failures > 0 then redis.call('HSET', key, 'failures', failures) else redis.call('HDEL', key, 'failures', 'last') end
elseif outcome == 'failure' and not is_lesson then
  failures = failures + 1
  if failures >= threshold then return fail_model(backoff(0), 1) end
  redis.call('HSET', key, 'failures', failures, 'last', now)
  keep_for(window * 2)
end
if a[1] then return { 'open', math.max(0, tonumber(a[1]) - now), 'account' } end
return { 'closed', failures }
