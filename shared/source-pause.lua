-- Pauses or resumes a source, by Redis' clock.
-- KEYS[1]: a hash, source to its pauses ("from-to from-to from-", in ms; one without an end lasts).
-- ARGV: source, 'pause' or 'resume', most pauses kept. Returns {1 where that changed something, the moment (ms) since which it
-- is, or was, paused (0: it was not)}.
local key, source, most = KEYS[1], ARGV[1], tonumber(ARGV[3])
local spans = {}
for span in string.gmatch(redis.call('HGET', key, source) or '', '%S+') do spans[#spans + 1] = span end
local since = string.match(spans[#spans] or '', '^(%d+)%-$')
if (ARGV[2] == 'pause') == (since ~= nil) then return { 0, since or '0' } end
if since then
  spans[#spans] = since .. '-' .. now_text()
else
  since = now_text()
  spans[#spans + 1] = since .. '-'
end
redis.call('HSET', key, source, table.concat(spans, ' ', math.max(1, #spans - most + 1)))
return { 1, since }
