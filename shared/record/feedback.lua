-- Keeps with a ticket what became of its answer, until its content goes.
-- ARGV: base, most entries kept (the oldest go first), id, what was told ("by JSON", one line).
-- Returns {'stored' | 'known' | 'emptied' | 'gone'}; known: its teller said the same last, or within the last second.
local key, most, told = ARGV[1] .. 't:' .. ARGV[3], tonumber(ARGV[2]), ARGV[4]
local f = redis.call('HMGET', key, 'st', 'fb')
if not f[1] then return { 'gone' } end
if redis.call('HEXISTS', key, 'tk') == 0 then return { 'emptied' } end
local by = string.sub(told, 1, string.find(told, ' ', 1, true))
local lines, is_later = {}, false
for line in string.gmatch(f[2] or '', '[^\n]+') do lines[#lines + 1] = line end
for i = #lines, 1, -1 do
  local space = string.find(lines[i], ' ', 1, true)
  local at, earlier = tonumber(string.sub(lines[i], 1, space - 1)), string.sub(lines[i], space + 1)
  if earlier == told and (not is_later or now_ms() - at <= 1000) then return { 'known' } end
  is_later = is_later or string.sub(earlier, 1, #by) == by
end
lines[#lines + 1] = now_text() .. ' ' .. told
redis.call('HSET', key, 'fb', table.concat(lines, '\n', math.max(1, #lines - most + 1)))
return { 'stored' }
