-- Is this the stream that the caller knows? It is not when it came back empty, or as it was some time ago. Then an entry
-- says to all who read it that events are lost.
--
-- ARGV[3]  the mark of the last entry that the caller has seen; empty: it does not know it
-- Returns the last number, and 1 if such an entry was added.

local function is_known()
  if seen == 0 then return true end
  if last < seen then return false end
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if ARGV[3] == '' or not oldest then return true end
  local first = number_of(oldest[1])
  -- What was trimmed away can't be compared. It is missing from the numbers, and so is told.
  if first > seen + 1 then return true end
  if first == seen + 1 then
    local named = value_of(oldest, 'prev') or ''
    return named == '' or named == ARGV[3]
  end
  local same = redis.call('XRANGE', stream, ARGV[1] .. '-0', ARGV[1] .. '-0')[1]
  return same ~= nil and value_of(same, 'mark') == ARGV[3]
end

-- Another server may have said so already, in the very entry that the caller reads next.
local function is_told()
  local following = redis.call('XRANGE', stream, string.format('%.0f-0', seen + 1), '+', 'COUNT', 1)[1]
  return following ~= nil and value_of(following, 'lost') ~= nil
end

if is_known() or is_told() then return { last, 0 } end
add(math.max(last, seen) + 1, 'lost', '1')
return { last, 1 }
