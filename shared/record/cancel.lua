-- Cancels a ticket whose answer has not begun to be sent; earlier messages that it speaks for stay superseded by it.
-- ARGV: base, tombstone life (ms), id.
-- Returns {'cancelled', …released} | {'gone'} | {'sending'} | {'ended', state}.
local base, id = ARGV[1], ARGV[3]
local f = redis.call('HMGET', base .. 't:' .. id, 'st', 'sd', 'q', 'cv', 'ar', 'tl', 'an')
if not f[1] then return { 'gone' } end
if not f[3] then return { 'ended', f[1] } end
if f[2] then return { 'sending' } end
watch_calls(base, id, f[7])
local reply = finish(base, id, { f[4], f[5], f[6] }, 'cancelled', now_ms(), '', ARGV[2], {})
redis.call('ZREM', base .. 'parks', id)
table.insert(reply, 1, 'cancelled')
return reply
