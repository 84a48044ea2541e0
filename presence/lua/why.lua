-- presence/why 1: all that decides one user's status, and how it came to be.
--
-- ARGV    8 user
-- result  reply(claim as JSON or '', {connection, JSON of its standing, deadline ms, ...},
--         {past transitions: "status at cause", newest first})
-- cost    O(connections of the user).

local user = ARGV[ACT + 1]
local held_now = {}
local pairs_of = redis.call('HGETALL', key.connections .. user)
for i = 1, #pairs_of, 2 do
  local deadline = redis.call('ZSCORE', key.deadlines, lease_member(user, pairs_of[i]))
  if deadline and read_connection(user, pairs_of[i]) then
    held_now[#held_now + 1] = pairs_of[i]
    held_now[#held_now + 1] = pairs_of[i + 1]
    held_now[#held_now + 1] = tonumber(deadline)
  end
end
local past = redis.call('LRANGE', key.past .. user, 0, -1)
return reply(redis.call('GET', key.claim .. user) or '', held_now, past)
