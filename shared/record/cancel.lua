-- Cancels a ticket whose answer has not begun to be sent.
-- KEYS[1] the ticket's hash. ARGV: base, id, tombstone life (ms).
-- Returns {'cancelled', …released} | {'gone'} | {'sending'} | {'ended', state}.
local base, id = ARGV[1], ARGV[2]
local f = redis.call('HMGET', KEYS[1], 'st', 'sd', 'q', 'cv', 'ar', 'tl')
if not f[1] then return { 'gone' } end
if not f[3] then return { 'ended', f[1] } end
if f[2] then return { 'sending' } end
redis.call('ZREM', base .. 'parks', id)
local reply = finish(base, id, { f[4], f[5], f[6] }, 'cancelled', now_ms(), '', ARGV[3], {})
table.insert(reply, 1, 'cancelled')
return reply
