-- presence/life 2: the epoch belongs to the Redis process that runs; a restart begins a new one.
--
-- ARGV    8 run id of the server, '' if it may not be asked
--         9 over how many shards the caller spreads users; 1: none
-- result  reply(born ms: when the epoch began, {workers}, 0), or reply(born, {workers}, count): other
--         workers live, and spread users over that many: the caller must not take part.
-- A store restored from a file, or a replica that took over, may lack the newest writes: its revs
-- could be given out twice. So its state is dropped. The same where the number of shards changed.
-- cost    O(log n) usually; O(n) once when an epoch begins.

local run_id, shards = ARGV[ACT + 1], tonumber(ARGV[ACT + 2])

local function is_alone()
  local live = redis.call('ZRANGEBYSCORE', key.workers, now, '+inf')
  return #live == 0 or #live == 1 and live[1] == worker
end

local former_shards = tonumber(redis.call('HGET', key.order, 'shards') or 1)
local refused = 0
if former_shards ~= shards then
  if is_alone() then
    begin_anew()
    if shards > 1 then redis.call('HSET', key.order, 'shards', shards) end
  else
    refused = former_shards
  end
end
local former_run = redis.call('GET', key.run)
if run_id ~= '' and former_run ~= run_id then
  redis.call('SET', key.run, run_id)
  if former_run then begin_anew() end
end
local born = tonumber(redis.call('HGET', key.clock, 'born') or now)
return reply(born, redis.call('ZRANGE', key.workers, 0, -1), refused)
