-- presence/sweep 1: what is overdue is ended; the leases of dead workers are shortened.
--
-- ARGV    8 limit   9 patience_ms   10 orphan_ms   11 worker_lease_ms
-- result  reply(touched, ended, limit reached 0|1, holds, {live workers})
-- A due lease is touched first: reading a key that ran out makes Redis fire its `expired` event at
-- once, and the listener ends it. What is still there after patience_ms is ended here.
-- During a hold nothing is ended. Another epoch than the caller believes in: nothing is done.
-- cost    O(limit * log n).

if believed ~= epoch then return reply() end
local limit, patience_ms = tonumber(ARGV[ACT + 1]), tonumber(ARGV[ACT + 2])
local orphan_ms, worker_lease_ms = tonumber(ARGV[ACT + 3]), tonumber(ARGV[ACT + 4])

-- A dead worker's connections may come back elsewhere: they get orphan_ms from the end of its lease.
local function orphan_leases_of(name, ended_at)
  local members = redis.call('SPOP', key.held .. name, limit)
  for _, member in ipairs(members) do
    local user, connection = string.match(member, '^l (%S+) (%S+)$')
    local standing = read_connection(user, connection)
    local before = tonumber(redis.call('ZSCORE', key.deadlines, member))
    if standing and before and standing.worker == name then
      standing.orphaned_at = ended_at - worker_lease_ms
      write_connection(user, connection, standing)
      local deadline = math.max(now + 1, ended_at + orphan_ms)
      write_deadline(user, connection, math.min(before, deadline))
    end
  end
  if #members < limit then redis.call('ZREM', key.workers, name) end
end

local function touch_or_end(member, deadline)
  local user, connection = string.match(member, '^l (%S+) (%S+)$')
  if now - deadline >= patience_ms then return 0, take(user, connection) end
  redis.call('EXISTS', key.lease .. user .. ' ' .. connection)
  return 1, 0
end

local touched, ended, due = 0, 0, {}
if not held then
  local dead = redis.call('ZRANGEBYSCORE', key.workers, '-inf', '(' .. now, 'WITHSCORES', 'LIMIT', 0, 1)
  if dead[1] then orphan_leases_of(dead[1], tonumber(dead[2])) end
  due = redis.call('ZRANGEBYSCORE', key.deadlines, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
end
for i = 1, #due, 2 do
  local member, deadline = due[i], tonumber(due[i + 1])
  if string.sub(member, 1, 2) == 'r ' then
    settle(string.sub(member, 3), 'hidden', deadline)
  else
    local touches, ends = touch_or_end(member, deadline)
    touched, ended = touched + touches, ended + ends
  end
end
local holds = tonumber(redis.call('HGET', key.clock, 'holds') or 0)
local live = redis.call('ZRANGEBYSCORE', key.workers, now, '+inf')
return reply(touched, ended, #due >= 2 * limit and 1 or 0, holds, live)
