-- presence/head 4: put before every act. The names, the clock, the epoch, the hold.
--
-- KEYS    1 epoch, 2 run, 3 rev, 4 log, 5 clock, 6 deadlines, 7 workers, 8 here, then the stems
--         9 lease:, 10 connections:, 11 user:, 12 held:, 13 claim:, 14 past:, 15 focus:, then
--         16 order
--         (built by presence/keys.py alone)
-- ARGV    1 a fresh epoch, used if the store has none   2 the epoch the caller believes in, '' any
--         3 worker   4 stall_ms   5 hold_ms   6 lease_ms (ms, the longest lease)
--         7 apart_ms (ms between two entries by a user's own doing)   8.. the act's own
-- result  every act answers reply(...): {epoch, rev, now ms, held 0|1, ...}; the first four alone
--         when the caller believed in another epoch and the act needs him to be right.
-- cost    O(1); O(n log n) once when the clock jumped back.

local ACT = 7 -- the act's own arguments start after this index
local key = {
  epoch = KEYS[1], run = KEYS[2], rev = KEYS[3], log = KEYS[4], clock = KEYS[5],
  deadlines = KEYS[6], workers = KEYS[7], here = KEYS[8],
  lease = KEYS[9], connections = KEYS[10], user = KEYS[11], held = KEYS[12],
  claim = KEYS[13], past = KEYS[14], focus = KEYS[15], order = KEYS[16],
}
local fresh_epoch, believed, worker = ARGV[1], ARGV[2], ARGV[3]
local stall_ms, hold_ms = tonumber(ARGV[4]), tonumber(ARGV[5])
local longest_lease_ms, apart_ms = tonumber(ARGV[6]), tonumber(ARGV[7])

-- Redis TIME is the only clock: the clocks of the workers are never compared.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local epoch = redis.call('GET', key.epoch)
if not epoch then
  epoch = fresh_epoch
  redis.call('SET', key.epoch, epoch)
  redis.call('HSET', key.clock, 'born', now)
end

-- After a jump back, deadlines lie too far ahead: no lease may last longer than the longest,
-- and every review is made anew. The workers grant again what lives as soon as they see the hold.
local function clamp_deadlines()
  local members = redis.call('ZRANGEBYSCORE', key.deadlines, now, '+inf')
  for _, member in ipairs(members) do
    local latest = string.sub(member, 1, 2) == 'l ' and now + longest_lease_ms or now
    if tonumber(redis.call('ZSCORE', key.deadlines, member)) > latest then
      redis.call('ZADD', key.deadlines, latest, member)
    end
  end
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', key.workers, now + longest_lease_ms, '+inf')) do
    redis.call('ZADD', key.workers, now + longest_lease_ms, name)
  end
end

-- A store that froze, or whose clock jumped, finds everybody overdue at once. Nobody is expired
-- until the living had the time to renew. Same rule: rules.stood_still.
local function hold_if_stood_still()
  local clock = redis.call('HMGET', key.clock, 'tick', 'hold')
  local tick, hold = tonumber(clock[1] or now), tonumber(clock[2] or 0)
  local jumped_back = now < tick - 500
  if (now - tick > stall_ms or jumped_back) and redis.call('ZCARD', key.deadlines) > 0 then
    hold = now + hold_ms
    redis.call('HINCRBY', key.clock, 'holds', 1)
    redis.call('HSET', key.clock, 'hold', hold)
    if jumped_back then clamp_deadlines() end
  end
  redis.call('HSET', key.clock, 'tick', now)
  return now < hold
end

local held = hold_if_stood_still()

-- Whatever counted or held in the epoch before is dropped; the workers, who know who lives, grant
-- anew. User records stay: they carry their epoch, and last seen.
local function begin_anew()
  for _, name in ipairs(redis.call('ZRANGE', key.workers, 0, -1)) do
    redis.call('DEL', key.held .. name)
  end
  redis.call('DEL', key.deadlines, key.workers, key.here, key.log, key.rev, key.clock, key.order)
  epoch, held = fresh_epoch, false
  redis.call('SET', key.epoch, epoch)
  redis.call('HSET', key.clock, 'born', now, 'tick', now)
end

local function reply(...)
  return { epoch, tonumber(redis.call('GET', key.rev) or 0), now, held and 1 or 0, ... }
end
