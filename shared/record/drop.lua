-- Cancels a held dead letter: nobody will answer it, and that is a decision. ARGV: base, tombstone life (ms), id.
-- Returns 1, or 0 where it is not held.
local base, id = ARGV[1], ARGV[3]
local f = redis.call('HMGET', base .. 't:' .. id, 'st', 'cv', 'ar', 'tl')
if f[1] ~= 'dead' then return 0 end
finish(base, id, { f[2], f[3], f[4] or '' }, 'cancelled', now_text(), 'dropped', ARGV[2], { 'drp', now_text() })
redis.call('ZREM', base .. 'end:dead', id)
return 1
