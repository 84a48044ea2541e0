-- presence/sequence 1: entries of a shard's log get their rev in the log of all shards, each once.
--
-- ARGV    8 shard, from 0   9 its epoch   10 rev of the first entry in the shard's log
--         then for each entry: how many words, and its fields and values in turn
-- result  reply(the rev up to which the shard's log is in this one)
-- Any worker may bring any part, twice or late: what is in the log already is left out. Where entries
-- before the first were trimmed before anybody brought them, a new epoch begins.
-- Another epoch than the caller believes in, of the log or of the shard: nothing is done.
-- cost    O(entries).

if believed ~= epoch then return reply() end
local shard, shard_epoch, rev_there = ARGV[ACT + 1], ARGV[ACT + 2], tonumber(ARGV[ACT + 3])
local known = redis.call('HGET', key.order, shard)
local own_epoch, position = string.match(known or '', '^(%S+) (%S+)$')
if own_epoch ~= shard_epoch then return reply() end
position = tonumber(position)
if rev_there > position + 1 then
  begin_anew()
  return reply()
end

local function take_over(first, count)
  local fields = {}
  for i = first, first + count - 1, 2 do
    fields[#fields + 1] = ARGV[i]
    fields[#fields + 1] = ARGV[i] == 'epoch' and epoch or ARGV[i + 1]
  end
  local rev = redis.call('INCR', key.rev)
  redis.call('XADD', key.log, 'MAXLEN', '~', LOG_CAP, rev .. '-0', unpack(fields))
end

local i = ACT + 4
while i <= #ARGV do
  local count = tonumber(ARGV[i])
  if rev_there > position then
    take_over(i + 1, count)
    position = rev_there
  end
  rev_there, i = rev_there + 1, i + 1 + count
end
redis.call('HSET', key.order, shard, own_epoch .. ' ' .. position)
return reply(position)
