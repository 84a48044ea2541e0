-- presence/join 1: the log of a sharded store stands on these lives of its shards.
--
-- ARGV    8.. for each shard, in order: its epoch, its rev
-- result  reply(born ms: when the epoch began, {workers}, {for each shard: the rev up to which its
--         own log is in this one})
-- A shard that began another epoch ends this one too: what it had logged and this log did not take
-- over is lost with it. Called on the log's own tag, after life.
-- cost    O(shards); O(n) once when an epoch begins.

local shards = (#ARGV - ACT) / 2
local positions, is_same = {}, true
for shard = 1, shards do
  local known = redis.call('HGET', key.order, shard - 1)
  local own_epoch, position = string.match(known or '', '^(%S+) (%S+)$')
  is_same = is_same and own_epoch == ARGV[ACT + 2 * shard - 1]
  positions[shard] = tonumber(position)
end
if not is_same then
  begin_anew()
  redis.call('HSET', key.order, 'shards', shards)
  for shard = 1, shards do
    local own_epoch, rev = ARGV[ACT + 2 * shard - 1], ARGV[ACT + 2 * shard]
    redis.call('HSET', key.order, shard - 1, own_epoch .. ' ' .. rev)
    positions[shard] = tonumber(rev)
  end
end
local born = tonumber(redis.call('HGET', key.clock, 'born') or now)
return reply(born, redis.call('ZRANGE', key.workers, 0, -1), positions)
