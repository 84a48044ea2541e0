-- presence/renew 1: the worker lives on, and so do the connections it names.
--
-- ARGV    8 worker_lease_ms   9 lease_ms   then for each connection: user, connection
-- result  reply(lapsed 0|1, {positions of those that were lost, from 0})
--         lapsed: the worker's own lease was not there, so it may have been taken for dead.
-- A lease that was ended is not revived, the caller grants again; a closing one is left to its end.
-- Another epoch than the caller believes in: nothing is renewed.
-- cost    O(log n) a connection. Up to 500 a call.

if believed ~= epoch then return reply() end
local worker_lease_ms, lease_ms = tonumber(ARGV[ACT + 1]), tonumber(ARGV[ACT + 2])
local worker_deadline = tonumber(redis.call('ZSCORE', key.workers, worker) or 0)
local lapsed = worker_deadline < now and 1 or 0
redis.call('ZADD', key.workers, now + worker_lease_ms, worker)
local lost = {}
for i = ACT + 3, #ARGV, 2 do
  local standing = read_connection(ARGV[i], ARGV[i + 1])
  if not standing then
    lost[#lost + 1] = (i - ACT - 3) / 2
  elseif not standing.closed_at then
    write_deadline(ARGV[i], ARGV[i + 1], now + lease_ms)
  end
end
return reply(lapsed, lost)
