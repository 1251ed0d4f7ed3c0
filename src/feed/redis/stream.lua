-- What both scripts begin with: the stream as it is, and how an entry is added to it. A script runs as a whole, so no
-- other client's command comes between looking up the last number and taking the next one.
--
-- KEYS[1]  the stream
-- ARGV[1]  the last number that the caller has seen; 0: it has seen none
-- ARGV[2]  random, the start of the marks of the entries that are added

local stream, seen, random = KEYS[1], tonumber(ARGV[1]), ARGV[2]

local function number_of(id)
  return tonumber(string.match(id, '^%d+'))
end

local function value_of(entry, field)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == field then return entry[2][i + 1] end
  end
end

-- The last number stays known when its entry is gone.
local last, prev = 0, ''
if redis.call('EXISTS', stream) == 1 then
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = number_of(info[i + 1]) end
  end
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  prev = newest and value_of(newest, 'mark') or ''
end

-- Milliseconds since 1970 by this machine's clock, so that all servers' events have one clock.
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local function add(number, field, value)
  local mark = random .. '-' .. string.format('%.0f', number)
  redis.call('XADD', stream, string.format('%.0f-0', number), 'at', at, field, value, 'mark', mark, 'prev', prev)
  last, prev = number, mark
end
