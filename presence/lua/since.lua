-- presence/since 1: the log after a place, if all of it is still known.
--
-- ARGV    8 rev   9 limit
-- result  reply(1, {entries as XRANGE gives them}), or reply(0, {}): another epoch, a rev of the
--         future, a part that was trimmed, or more than limit.
-- cost    O(log n + entries).

local rev, limit = tonumber(ARGV[ACT + 1]), tonumber(ARGV[ACT + 2])
local newest = tonumber(redis.call('GET', key.rev) or 0)
if believed ~= epoch or rev > newest or newest - rev > limit then return reply(0, {}) end
if rev == newest then return reply(1, {}) end
local entries = redis.call('XRANGE', key.log, (rev + 1) .. '-0', '+')
local is_whole = entries[1] and entries[1][1] == (rev + 1) .. '-0'
return reply(is_whole and 1 or 0, is_whole and entries or {})
