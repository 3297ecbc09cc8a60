-- What is known about one model and its provider's account, for all processes. All keys share the account's hash tag, which
-- is in `base`, the key base ("{tierline:openai}:"), as the model's name is in `model`: all calls that travel together share
-- them, so this stands before the calls, and they are the first of ARGV behind its count of what is shared.
--   account        hash: until, trips, since, probe, probeUntil, identity, why ('key' | 'quota' | 'models') of an opening of the
--                  whole account; forced:<model> 'open' | 'closed'; open:<model> when that model's own opening ends
--   breaker:<m>    hash: until, trips, since, probe, probeUntil, identity of an opening; failures, last; quietUntil (the
--                  provider asked to be left alone); rt, tt when the next request, token is due at the configured rate
--                  (ms); f, fAt the share of that rate that 429s have left, and when; cap, thresh, capUntil, cutAt how many
--                  calls may be in flight while that is being learned; won: something succeeded since a failure lowered
--                  it, mark: the lease's end of the newest call that was in flight then; len how long calls take; used
--                  the share of the tokens reserved that they use; line the moment given to the last parked ticket
--   flight:<m>     sorted set: tokens of calls in flight by the end of their leases
-- An identity is a digest of address and key: what an old key was refused for says nothing about a new one.
local base, model = ARGV[2], ARGV[3]
local account_key, key = base .. 'account', base .. 'breaker:' .. model
local flight_key = base .. 'flight:' .. model

-- Tickets a second that are let come back when an opening ends; the cap on calls in flight does the rest.
local PACE_MS = 50
-- A call's length where none was measured: how soon a slot may become free when all are taken.
local CALL_MS = 2000
local LIMITS_LIFE_MS = 1800000
local RAMP_MS, RAMP_FROM = 60000, 2
local LEARN_MS, LEARN_FROM = 600000, 8
-- Clocks differ and requests travel: a little is left of every limit.
local MARGIN = 0.97

-- The share of the configured rate that may be used: 429s lower it, a twentieth comes back every minute.
local function share_of(f, at, now)
  if not f then return 1 end
  return math.min(1, tonumber(f) + (now - tonumber(at)) / 60000 * 0.05)
end

-- A rate as milliseconds a unit and the units that may come at once: in any minute no more than `per_minute` pass.
local function rate_of(per_minute, share)
  local units = math.max(1, per_minute * share * MARGIN)
  local burst = math.max(1, math.floor(units / 10))
  return 60000 / (units - burst + 1), burst
end

local function text_of(number)
  return string.format('%.3f', number)
end

-- The hash lives as long as anything in it means something; half of that is time enough to be seldom prolonged.
local function keep_for(ms)
  if redis.call('PTTL', key) < ms / 2 then redis.call('PEXPIRE', key, string.format('%.0f', ms)) end
end

-- As many calls as `cap` at the same time until `ends`, growing with every success. `thresh` is where growth slows down.
local function set_cap(cap, thresh, ends)
  redis.call('HSET', key, 'cap', text_of(cap), 'thresh', thresh, 'capUntil', string.format('%.0f', ends))
  keep_for(LIMITS_LIFE_MS)
end
