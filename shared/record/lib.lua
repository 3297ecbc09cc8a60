-- Shared by the record's scripts; prepended when they are loaded. A script sees one call: KEYS[1] and ARGV (see redis.ts).
-- All keys of a shard share one hash tag, so scripts derive them from ARGV[1], the shard's key base ("{tierline:0}:").
-- A Redis that is out of memory refuses a script's HSET but not its HDEL or ZREM, and nothing is rolled back. So every
-- script writes what is to be before it removes what was: it then fails whole, and nothing is lost.
-- Fields of a ticket's hash:
--   st state, n sequence (raised by every transition), q queue of its hint, at accepted, se entered this state, ea ended (ms)
--   tk ticket JSON, cv conversation hash, ar arrival number, tl timeline ("ms state detail" a line), gen generation
--   lt lease token ('' without one; its end is the score in `leases`), le when its entry there ends at the earliest,
--   ca claimed at, cc claims without progress, pu/pk parked until, parks so far
--   pr earlier unanswered messages that this ticket covers (ids, comma separated), sb superseded by, wf waits for the end of,
--   wp its conversation is with people, ps its source, once that was paused while the ticket waited
--   drp dropped from the dead letters (ms), ho its hand-off has been given a moment, rs 1 where the stored reply may have
--   arrived before it was replayed
--   sd token of the claim that began the sending, cls classification, rte route, dl deadline, rep reply bytes, rty reply type, dlv deliveries, why cause
--   fb what became of the answer ("ms by JSON" a line), see feedback.lua
--   ret "state queue" to go back to when an earlier message arrives late, an calls opened, a1.. ledger rows ("o" open, "s" settled)

local TIMELINE_BYTES = 6000
-- Lines that can repeat for as long as an outage lasts leave room for those that cannot.
local WAITING_BYTES = 4000

local function next_after(number)
  return string.format('%d', number + 1)
end

local function with_line(timeline, now, state, detail, most_bytes)
  if #timeline > most_bytes then return timeline end
  local line = now .. ' ' .. state
  if detail and detail ~= '' then line = line .. ' ' .. detail end
  return timeline .. '\n' .. line
end

-- Members of a conversation's sorted set are "arrival:id", so that equal times keep the order of arrival.
local function id_of(member)
  return string.sub(member, string.find(member, ':', 1, true) + 1)
end

-- A ticket that loses its lease to something other than its expiry may leave a call behind whose process is dead; who is
-- alive hears of it by renewing, ends the call and settles its row before the lease would have ended. Where no lease is left,
-- it ran out already, or an error of ours ended the work: only an open row says so.
local function watch_calls(base, id, calls)
  if not calls then return end
  local lease = redis.call('ZSCORE', base .. 'leases', id)
  if not lease then
    local last = redis.call('HGET', base .. 't:' .. id, 'a' .. calls)
    if last and string.sub(last, 1, 1) == 'o' then lease = now_text() end
  end
  if lease then redis.call('ZADD', base .. 'orphans', lease, id .. ':' .. calls) end
end

-- A newer message speaks for a dead letter, which must not be answered by itself any more. `covered` gets what the newer one
-- takes on: nothing of a poisoned ticket, which takes down whoever touches it.
local function speak_for(base, id, newer, covered)
  local key = base .. 't:' .. id
  local f = redis.call('HMGET', key, 'pr', 'why')
  redis.call('HSET', key, 'sb', newer)
  if f[2] and string.find(f[2], '"cause":"poison"', 1, true) then return end
  if f[1] then covered[#covered + 1] = f[1] end
  covered[#covered + 1] = id
end

-- Brings a ticket to its end. `f` is {conversation hash, arrival, timeline} of it, `changes` further fields to set.
-- Returns the tickets that waited for it: {id, state, queue, sequence} flattened.
local function finish(base, id, f, state, now, detail, tombstone_ms, changes)
  local key = base .. 't:' .. id
  local set = { 'st', state, 'ea', now, 'tl', with_line(f[3], now, state, detail, math.huge) }
  for i = 1, #changes do set[6 + i] = changes[i] end
  redis.call('HSET', key, unpack(set))
  redis.call('HDEL', key, 'lt', 'le', 'ca', 'cc', 'q', 'pu', 'wf', 'sd', 'ret')
  redis.call('ZREM', base .. 'leases', id)
  redis.call('ZREM', base .. 'open', id)
  redis.call('ZADD', base .. 'end:' .. state, now, id)
  redis.call('PEXPIRE', key, tombstone_ms)
  local conversation = base .. 'c:' .. f[1]
  -- A dead letter stays in its conversation until its content goes, so that a newer message can speak for it.
  local stays = state == 'dead' or state == 'handed_off'
  if not stays then redis.call('ZREM', conversation, f[2] .. ':' .. id) end
  local released, is_newer, newer = {}, false, nil
  for _, member in ipairs(redis.call('ZRANGE', conversation, 0, -1)) do
    local waiting = id_of(member)
    local waiting_key = base .. 't:' .. waiting
    local w = redis.call('HMGET', waiting_key, 'wf', 'st', 'q', 'n', 'pr')
    if waiting == id then
      is_newer = true
    elseif is_newer and w[3] then
      newer = { waiting_key, waiting, w[5] }
    end
    if state == 'handed_off' and w[3] then redis.call('HSET', waiting_key, 'wp', 1) end
    if w[1] == id then
      local n = next_after(w[4])
      redis.call('HSET', waiting_key, 'n', n, 'se', now)
      redis.call('HDEL', waiting_key, 'wf')
      for _, value in ipairs({ waiting, w[2], w[3], n }) do released[#released + 1] = value end
    end
  end
  if stays and newer then
    -- The customer has written again while this one's answer was being sent.
    local covered = {}
    speak_for(base, id, newer[2], covered)
    if newer[3] then covered[#covered + 1] = newer[3] end
    if #covered > 0 then redis.call('HSET', newer[1], 'pr', table.concat(covered, ',')) end
    redis.call('ZREM', conversation, f[2] .. ':' .. id)
  end
  return released
end

-- Appends names and values that stand apart in ARGV, after positions `names` and `values`.
local function add_fields(changes, ARGV, names, values, count)
  for i = 1, count do
    changes[#changes + 1] = ARGV[names + i]
    changes[#changes + 1] = ARGV[values + i]
  end
end

local TICKETS = 2

-- What the calls of this turn add to the roll-ups: key and cell to {key, cell, its life (ms), sums}.
local rollups = {}

local function add_to_rollup(key, cell, life_ms, row, committed)
  local more = cjson.decode(row)
  if not committed then more[TICKETS] = 0 end
  local name = key .. '|' .. cell
  local known = rollups[name]
  if not known then
    rollups[name] = { key, cell, life_ms, more }
    return
  end
  for i = 1, #more do known[4][i] = known[4][i] + more[i] end
end

-- Written once for all calls that travelled together. Sums are exact up to 2^53: nine million dollars an hour and cell.
local function write_rollups()
  for _, rollup in pairs(rollups) do
    local key, cell, sums = rollup[1], rollup[2], rollup[4]
    local stored = redis.call('HGET', key, cell)
    local before = stored and cjson.decode(stored)
    for i = 1, #sums do
      local sum = sums[i] + (before and before[i] or 0)
      -- Lua writes a number of more than 14 digits with an exponent.
      sums[i] = sum < 1e14 and sum or string.format('%.0f', sum)
    end
    redis.call('HSET', key, cell, '[' .. table.concat(sums, ',') .. ']')
    -- The cell began here, so the whole roll-up may have: give it its end.
    if not stored then redis.call('PEXPIRE', key, rollup[3]) end
  end
end
at_end = write_rollups

-- `unseen`: calls whose end nobody saw, by the moment they began; as long as the roll-ups, and no more than so many.
local UNSEEN_MOST = 100000
local function add_unseen(base, line, life_ms)
  local space = string.find(line, ' ', 1, true)
  redis.call('ZADD', base .. 'unseen', string.sub(line, 1, space - 1), string.sub(line, space + 1))
  redis.call('ZREMRANGEBYSCORE', base .. 'unseen', '-inf', string.format('%.0f', now_ms() - tonumber(life_ms)))
  redis.call('ZREMRANGEBYRANK', base .. 'unseen', 0, -UNSEEN_MOST - 1)
end

-- Settles ledger rows given in ARGV from position p: count, then per row: number, row JSON, roll-up key, its life in ms,
-- cell, what the row adds to the cell's counters, and for a call whose end nobody saw "began(ms) JSON", else ''. A row that is not open any more is left alone. `committed` is false
-- where the answer was not stored: its money counts, its ticket does not. The rows' fields are added to `changes` where the
-- caller is about to write those. `first`: what is stored of the first row, where the caller has read it.
local function settle_rows(base, key, ARGV, p, committed, changes, first)
  for i = 1, tonumber(ARGV[p]) do
    local field = 'a' .. ARGV[p + 1]
    local stored = i == 1 and first or redis.call('HGET', key, field)
    if stored and string.sub(stored, 1, 1) == 'o' then
      if changes then
        changes[#changes + 1] = field
        changes[#changes + 1] = 's' .. ARGV[p + 2]
      else
        redis.call('HSET', key, field, 's' .. ARGV[p + 2])
      end
      add_to_rollup(base .. ARGV[p + 3], ARGV[p + 5], ARGV[p + 4], ARGV[p + 6], committed)
      if ARGV[p + 7] ~= '' then add_unseen(base, ARGV[p + 7], ARGV[p + 4]) end
    end
    p = p + 7
  end
end
