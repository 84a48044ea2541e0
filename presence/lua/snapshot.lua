-- presence/snapshot 1: the newest transition of each user, and the place in the log it belongs to.
--
-- ARGV    7.. users
-- result  reply({epoch, status, gen, at, cause, since, by, last_seen, rev} of each user, in order)
--         All are '' for a user who never had a transition; epoch is that of his last one.
-- cost    O(1) a user. Up to 1000 a call.

local people = {}
for i = ACT + 1, #ARGV do
  local record = redis.call('HMGET', key.user .. ARGV[i],
    'epoch', 'status', 'gen', 'at', 'cause', 'since', 'by', 'last_seen', 'rev')
  for field = 1, 9 do record[field] = record[field] or '' end
  people[#people + 1] = record
end
return reply(people)
