-- Appends events.
--
-- ARGV[3]  how many entries are kept
-- ARGV[4]  and those that follow: the texts
-- Returns the last number, and the time of these events.

-- Numbers never go back: readers have seen that one. What came before it is lost, and this entry says so.
if last < seen then add(seen + 1, 'lost', '1') end
for i = 4, #ARGV do add(last + 1, 'text', ARGV[i]) end
redis.call('XTRIM', stream, 'MAXLEN', ARGV[3])
return { last, at }
