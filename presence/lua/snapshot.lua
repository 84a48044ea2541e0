-- presence/snapshot 4: the newest transition of each user, and the place in the log it belongs to.
--
-- ARGV    8 users, with a blank between them
-- result  reply(the record of each user, his focus:), each a text with a line for each user, in
--         order. Thousands of short strings, here and in ARGV, would cost the caller more than
--         all else.
--         A record is "epoch status gen at cause since by last_seen rev words", last_seen "-" if
--         there is none, words JSON of [text, emoji] or "-"; '' for a user who never had a
--         transition. The epoch is that of his last one. A focus is as settle.lua writes it; '' for
--         none, and for who is not shown as here. No line holds a line end: JSON escapes it, and
--         the other words have no white space.
-- cost    O(1) a user, one MGET, and one of those who are here. Up to 1000 a call.

local function values_of(names)
  return #names == 0 and {} or redis.call('MGET', unpack(names))
end

local function shows_focus(record)
  local status = string.match(record, '^%S+ (%S+)')
  return status == 'online' or status == 'busy'
end

local users, names = {}, {}
for user in string.gmatch(ARGV[ACT + 1], '%S+') do
  users[#users + 1] = user
  names[#names + 1] = key.user .. user
end
local records = values_of(names)

local focus, here, place_of = {}, {}, {}
for i = 1, #names do
  records[i], focus[i] = records[i] or '', ''
  if shows_focus(records[i]) then
    here[#here + 1] = key.focus .. users[i]
    place_of[#here] = i
  end
end
for i, found in ipairs(values_of(here)) do focus[place_of[i]] = found or '' end

return reply(table.concat(records, '\n'), table.concat(focus, '\n'))
