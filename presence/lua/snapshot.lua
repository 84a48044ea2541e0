-- presence/snapshot 2: the newest transition of each user, and the place in the log it belongs to.
--
-- ARGV    7.. users
-- result  reply({the record of each user, in order}): "epoch status gen at cause since by last_seen
--         rev words", last_seen "-" if there is none, words JSON of [text, emoji] or "-"; '' for a
--         user who never had a transition. The epoch is that of his last one.
-- cost    O(1) a user, one MGET. Up to 1000 a call.

local names = {}
for i = ACT + 1, #ARGV do names[#names + 1] = key.user .. ARGV[i] end
if #names == 0 then return reply({}) end
local records = redis.call('MGET', unpack(names))
for i = 1, #records do records[i] = records[i] or '' end
return reply(records)
