-- presence/grant 3: each connection lives until now + lease, and is as described.
--
-- ARGV    8 lease_ms   then for each connection: user, connection, away_in_ms (-1: in front;
--         otherwise ms until it counts as away), device, attention, focus ('' for none),
--         the user's claim as JSON or ''
-- result  reply()
-- A lease that stands is written anew: granting twice is the same as granting once.
-- cost    O(log n) a connection. Up to 250 a call.

local lease_ms = tonumber(ARGV[ACT + 1])
for i = ACT + 2, #ARGV, 7 do
  local user, connection, away_in = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local cause = 'connected'
  local former = read_connection(user, connection)
  if former then
    cause = away_in < 0 and 'in_front' or 'hidden'
    if former.worker ~= worker then
      redis.call('SREM', key.held .. former.worker, lease_member(user, connection))
    end
  end
  write_connection(user, connection, {
    epoch = epoch, worker = worker, lease_ms = lease_ms, device = ARGV[i + 3],
    attention = ARGV[i + 4],
    focus = ARGV[i + 5] ~= '' and ARGV[i + 5] or nil,
    away_at = away_in >= 0 and now + away_in or nil,
  })
  write_deadline(user, connection, now + lease_ms)
  redis.call('SADD', key.held .. worker, lease_member(user, connection))
  -- before the settle: a store that lost everything must not show the invisible for a moment
  local claim = ARGV[i + 6] ~= '' and cjson.decode(ARGV[i + 6])
  if claim and claim.version > version_of(user) then write_claim(user, claim) end
  settle(user, cause, now)
end
return reply()
