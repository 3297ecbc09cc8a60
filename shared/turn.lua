-- Stands before every script of ours: what the calls that travel together have in common.
-- `at_end` runs once after all of them.
local at_end

-- What is the same for all calls that travel together is asked for, and made, once.
local memo = {}
local clock
local function now_ms()
  if not clock then
    local t = redis.call('TIME')
    clock = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
  end
  return clock
end

-- Numbers become text here, once and as integers: given as numbers, every command prints them as floating point.
local clock_text
local function now_text()
  clock_text = clock_text or string.format('%.0f', now_ms())
  return clock_text
end
