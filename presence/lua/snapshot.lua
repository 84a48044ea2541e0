-- presence/snapshot 3: the newest transition of each user, and the place in the log it belongs to.
--
-- ARGV    8.. users
-- result  reply({the record of each user, in order}, {his focus:, in order}): a record is "epoch status gen at cause since by last_seen
--         rev words", last_seen "-" if there is none, words JSON of [text, emoji] or "-"; '' for a
--         user who never had a transition. The epoch is that of his last one. A focus is as
--         settle.lua writes it, '' for none.
-- cost    O(1) a user, two MGETs. Up to 1000 a call.

local function all_of(stem)
  local names = {}
  for i = ACT + 1, #ARGV do names[#names + 1] = stem .. ARGV[i] end
  if #names == 0 then return {} end
  local found = redis.call('MGET', unpack(names))
  for i = 1, #found do found[i] = found[i] or '' end
  return found
end

return reply(all_of(key.user), all_of(key.focus))
