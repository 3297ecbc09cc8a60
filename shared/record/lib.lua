-- Shared by the scripts; prepended when they are loaded. A script sees one call: KEYS[1] and ARGV (see redis.ts).
-- All keys of a shard share one hash tag, so scripts derive them from ARGV[1], the shard's key base ("{tierline:0}:").
-- Fields of a ticket's hash:
--   st state, n sequence (raised by every transition), q queue of its hint, at accepted, se entered this state, ea ended (ms)
--   tk ticket JSON, cv conversation hash, ar arrival number, tl timeline ("ms state detail" a line), gen generation
--   lt lease token ('' without one; its end is the score in `leases`), ca claimed at, cc claims without progress, pu/pk parked until, parks so far
--   pr earlier unanswered messages that this ticket covers (ids, comma separated), sb superseded by, wf waits for the end of,
--   wp its conversation is with people
--   sd sending since, cls classification, rte route, dl deadline, rep reply bytes, rty reply type, dlv deliveries, why cause
--   ret "state queue" to go back to when an earlier message arrives late, an calls opened, a1.. ledger rows ("o" open, "s" settled)

local TIMELINE_BYTES = 6000

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function with_line(timeline, now, state, detail)
  if #timeline > TIMELINE_BYTES then return timeline end
  local line = now .. ' ' .. state
  if detail and detail ~= '' then line = line .. ' ' .. detail end
  return timeline .. '\n' .. line
end

-- Members of a conversation's sorted set are "arrival:id", so that equal times keep the order of arrival.
local function id_of(member)
  return string.sub(member, string.find(member, ':', 1, true) + 1)
end

-- Brings a ticket to its end. `f` is {conversation hash, arrival, timeline} of it, `changes` further fields to set.
-- Returns the tickets that waited for it: {id, state, queue, sequence} flattened.
local function finish(base, id, f, state, now, detail, tombstone_ms, changes)
  local key = base .. 't:' .. id
  local set = { 'st', state, 'ea', now, 'tl', with_line(f[3], now, state, detail) }
  for i = 1, #changes do set[6 + i] = changes[i] end
  redis.call('HSET', key, unpack(set))
  redis.call('HDEL', key, 'lt', 'ca', 'cc', 'q', 'pu', 'wf', 'sd', 'ret')
  redis.call('ZREM', base .. 'leases', id)
  redis.call('ZREM', base .. 'open', id)
  redis.call('ZADD', base .. 'end:' .. state, now, id)
  redis.call('PEXPIRE', key, tombstone_ms)
  local conversation = base .. 'c:' .. f[1]
  redis.call('ZREM', conversation, f[2] .. ':' .. id)
  local released = {}
  for _, member in ipairs(redis.call('ZRANGE', conversation, 0, -1)) do
    local waiting = id_of(member)
    local waiting_key = base .. 't:' .. waiting
    local w = redis.call('HMGET', waiting_key, 'wf', 'st', 'q', 'n')
    if state == 'handed_off' then redis.call('HSET', waiting_key, 'wp', 1) end
    if w[1] == id then
      local n = tonumber(w[4]) + 1
      redis.call('HDEL', waiting_key, 'wf')
      redis.call('HSET', waiting_key, 'n', n, 'se', now)
      for _, value in ipairs({ waiting, w[2], w[3], n }) do released[#released + 1] = value end
    end
  end
  return released
end

-- Settles ledger rows given in ARGV from position p: count, then per row: number, row JSON, roll-up key, its life in ms,
-- cell, number of counters, then counter names and amounts. A row that is not open any more is left alone. `committed` is
-- false where the answer was not stored: its money counts, its ticket does not.
local function settle_rows(base, key, ARGV, p, committed)
  local count = tonumber(ARGV[p])
  p = p + 1
  for _ = 1, count do
    local field, cell = 'a' .. ARGV[p], ARGV[p + 4]
    local counters = tonumber(ARGV[p + 5])
    local stored = redis.call('HGET', key, field)
    if stored and string.sub(stored, 1, 1) == 'o' then
      redis.call('HSET', key, field, 's' .. ARGV[p + 1])
      local rollup = base .. ARGV[p + 2]
      local least = 2
      for i = p + 6, p + 4 + counters * 2, 2 do
        if committed or ARGV[i] ~= 'tickets' then
          least = math.min(least, redis.call('HINCRBY', rollup, cell .. ARGV[i], ARGV[i + 1]))
        end
      end
      -- Some counter of the cell began here, so the whole roll-up may have: give it its end.
      if least == 1 then redis.call('PEXPIRE', rollup, ARGV[p + 3]) end
    end
    p = p + 6 + counters * 2
  end
end
