-- presence/shorten 2: each connection closed; its lease ends after the grace, never later than before.
--
-- ARGV    8 grace_ms   9 cause   10 before_ms (what caused the close began so long before it)
--         then for each connection: user, connection, age_ms (since it closed)
-- result  reply(count of leases that stood)
-- No transition here: the end of the lease decides. A lease that is closing already keeps its end.
-- cost    O(log n) a connection. Up to 250 a call.

local grace_ms, cause, before_ms = tonumber(ARGV[ACT + 1]), ARGV[ACT + 2], tonumber(ARGV[ACT + 3])
local found = 0
for i = ACT + 4, #ARGV, 3 do
  local user, connection, age_ms = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local standing = read_connection(user, connection)
  if standing then
    found = found + 1
    if not standing.closed_at then
      standing.closed_at = now - age_ms
      standing.closed_cause, standing.closed_since = cause, standing.closed_at - before_ms
      write_connection(user, connection, standing)
      local before = tonumber(redis.call('ZSCORE', key.deadlines, lease_member(user, connection)))
      -- one ms ahead at least: a key set in the past fires `del`, not `expired`
      local deadline = math.max(now + 1, standing.closed_at + grace_ms)
      write_deadline(user, connection, math.min(before or deadline, deadline))
    end
  end
end
return reply(found)
