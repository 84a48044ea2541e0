-- presence/life 1: the epoch belongs to the Redis process that runs; a restart begins a new one.
--
-- ARGV    8 run id of the server, '' if it may not be asked
-- result  reply(born ms: when the epoch began, {workers})
-- A store restored from a file, or a replica that took over, may lack the newest writes: its revs
-- could be given out twice. So its state is dropped and the workers, who know who lives, grant anew.
-- User records stay: they carry their epoch, and last seen.
-- cost    O(log n) usually; O(n) once after a restart from a file.

local run_id = ARGV[ACT + 1]
local former = redis.call('GET', key.run)
if run_id ~= '' and former ~= run_id then
  redis.call('SET', key.run, run_id)
  if former then
    for _, name in ipairs(redis.call('ZRANGE', key.workers, 0, -1)) do
      redis.call('DEL', key.held .. name)
    end
    redis.call('DEL', key.deadlines, key.workers, key.here, key.log, key.rev, key.clock)
    epoch, held = fresh_epoch, false
    redis.call('SET', key.epoch, epoch)
    redis.call('HSET', key.clock, 'born', now, 'tick', now)
  end
end
local born = tonumber(redis.call('HGET', key.clock, 'born') or now)
return reply(born, redis.call('ZRANGE', key.workers, 0, -1))
