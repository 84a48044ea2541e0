"""What the bus lets Redis do in one step. Each script is atomic; all keys lie under `{rc}`.

{rc}:in:<worker>     stream: the entries for one worker, oldest first. He makes it, and twice a
                     second trims what he read and renews its life; the entry read last stays.
{rc}:rooms:<worker>  set: the rooms with members on that worker. Dies together with his inbox.
{rc}:told:<worker>   string: the number of his last word on his rooms. Dies together with his inbox.
{rc}:workers         set: every worker. Who has no inbox is taken out.
"""

from typing import Final

INBOX: Final = "{rc}:in:"
ROOMS: Final = "{rc}:rooms:"
TOLD: Final = "{rc}:told:"
WORKERS: Final = "{rc}:workers"
BEGUN: Final = b""  # the first entry of an inbox
CAME: Final = b"came"  # an entry in every other inbox, when one is begun anew

STAND: Final = """
-- The worker is one of the workers, and his inbox and rooms live on, without what he has read.
-- An inbox without the entry he read last is not the one he knew: it was lost, or went back in time
-- with a replica. A full one may have lost entries that he has not read. Either is begun anew, no
-- room is heard of, and all others are told that somebody came.
-- KEYS: inbox, rooms, told, workers. ARGV: worker, id read last or '0-0', most entries of an inbox,
-- its life in ms.
-- result: id of the first entry of an inbox begun anew, else false; the run id of this server; how
-- many other workers there are.
-- O(workers + entries trimmed).
local began = false
local is_known = #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 1
if not is_known or redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1], KEYS[2])
  began = redis.call('XADD', KEYS[1], '*', 'e', '')
else
  redis.call('XTRIM', KEYS[1], 'MINID', ARGV[2])
end
for own = 1, 3 do redis.call('PEXPIRE', KEYS[own], ARGV[4]) end
redis.call('SADD', KEYS[4], ARGV[1])
local others = 0
for _, worker in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  local inbox = '{rc}:in:' .. worker
  if redis.call('EXISTS', inbox) == 0 then
    redis.call('SREM', KEYS[4], worker)
  elseif worker ~= ARGV[1] then
    others = others + 1
    if began then redis.call('XADD', inbox, '*', 'e', 'came') end
  end
end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
return { began, run_id, others }
"""

LEAVE: Final = """
-- The worker is gone. KEYS: inbox, rooms, told, workers. ARGV: worker.
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SREM', KEYS[4], ARGV[1])
"""

HEAR: Final = """
-- The worker hears of the first rooms and no more of the others. Without an inbox nothing changes:
-- he begins one anew soon, and then names all his rooms. A word that comes after a later one, over
-- a link that was given up meanwhile, changes nothing either. Returns 1, or 0 if nothing changed.
-- KEYS: inbox, rooms, told. ARGV: life in ms, number of this word, how many he hears of, rooms (500
-- at most). O(rooms).
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if tonumber(redis.call('GET', KEYS[3]) or 0) > tonumber(ARGV[2]) then return 0 end
local here = 3 + tonumber(ARGV[3])
if here > 3 then redis.call('SADD', KEYS[2], unpack(ARGV, 4, here)) end
if here < #ARGV then redis.call('SREM', KEYS[2], unpack(ARGV, here + 1)) end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[1])
return 1
"""

PUBLISH: Final = """
-- Each entry is in the inbox of every other worker, or of those who hear of its room.
-- KEYS: workers. ARGV: sender, most entries of an inbox, then pairs: room or '', entry.
-- Returns how many other workers there were, with those that may have died. O(pairs x workers).
local others = {}
for _, worker in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if worker ~= ARGV[1] then others[#others + 1] = worker end
end
for i = 3, #ARGV, 2 do
  local room, entry = ARGV[i], ARGV[i + 1]
  for _, worker in ipairs(others) do
    if room == '' or redis.call('SISMEMBER', '{rc}:rooms:' .. worker, room) == 1 then
      local came = redis.call(
        'XADD', '{rc}:in:' .. worker, 'NOMKSTREAM', 'MAXLEN', '~', ARGV[2], '*', 'e', entry)
      if not came then redis.call('SREM', KEYS[1], worker) end
    end
  end
end
return #others
"""
