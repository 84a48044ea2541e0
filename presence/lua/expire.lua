-- presence/expire 1: a lease that has run out is ended; an event said so, the deadline decides.
--
-- ARGV    8 user   9 connection
-- result  reply(1 ended | 0 not due, or ended before | -1 held)
-- cost    O(log n) and the user's connections.

if held then return reply(-1) end
local member = lease_member(ARGV[ACT + 1], ARGV[ACT + 2])
local deadline = tonumber(redis.call('ZSCORE', key.deadlines, member))
if not deadline or deadline > now then return reply(0) end
return reply(take(ARGV[ACT + 1], ARGV[ACT + 2]))
