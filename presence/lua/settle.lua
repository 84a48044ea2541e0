-- presence/settle 3: put before every act that may change a status. The one settle step.
--
-- Only note() makes a transition: the user's record, the set of those who are here and the log
-- entry are written in the same script, so each transition exists once, whoever caused it.
-- The rules are those of presence/rules.py.
-- cost    settle: O(connections of the user).

local LOG_CAP = 100000 -- entries; about a day of a busy service
local PAST_CAP = 10 -- transitions kept of each user
local PAST_MS = 7 * 24 * 3600 * 1000
local NO_WORDS = '-'

local function lease_member(user, connection) return 'l ' .. user .. ' ' .. connection end

local function read_connection(user, connection)
  local text = redis.call('HGET', key.connections .. user, connection)
  local standing = text and cjson.decode(text)
  if not standing or standing.epoch ~= epoch then return nil end
  return standing
end

local function write_connection(user, connection, standing)
  redis.call('HSET', key.connections .. user, connection, cjson.encode(standing))
end

local function write_deadline(user, connection, deadline)
  redis.call('ZADD', key.deadlines, deadline, lease_member(user, connection))
  redis.call('SET', key.lease .. user .. ' ' .. connection, worker, 'PXAT', deadline)
end

-- what the user's record says: the epoch, the status, the gen and the words of his last transition
local function read_record(user)
  local text = redis.call('GET', key.user .. user)
  if not text then return nil, 'offline', 0, NO_WORDS end
  local record_epoch, status, gen, words =
    string.match(text, '^(%S+) (%S+) (%S+) %S+ %S+ %S+ %S+ %S+ %S+ (.*)$')
  return record_epoch, status, tonumber(gen), words
end

local function read_claim(user)
  local text = redis.call('GET', key.claim .. user)
  return text and cjson.decode(text)
end

local function version_of(user)
  local claim = read_claim(user)
  return claim and claim.version or -1
end

-- Of a claim that lapsed only its version stays: an older one must not come back.
local function write_claim(user, claim)
  if claim.until_at and claim.until_at <= now then claim = { version = claim.version } end
  redis.call('SET', key.claim .. user, cjson.encode(claim))
end

-- the claim that counts now, and since when the one that did so far has lapsed
local function live_claim(user)
  local claim = read_claim(user)
  if not claim or not claim.status then return nil end
  if not claim.until_at or claim.until_at > now then return claim end
  write_claim(user, claim)
  return nil, claim.until_at
end

local function note(user, status, gen, cause, since, last_seen, words)
  local rev = redis.call('INCR', key.rev)
  redis.call('XADD', key.log, 'MAXLEN', '~', LOG_CAP, rev .. '-0',
    'epoch', epoch, 'user', user, 'status', status, 'gen', gen, 'at', now,
    'cause', cause, 'since', since, 'by', worker, 'last_seen', last_seen or '-', 'words', words)
  local record = { epoch, status, gen, now, cause, since, worker, last_seen or '-', rev, words }
  redis.call('SET', key.user .. user, table.concat(record, ' '))
  redis.call('LPUSH', key.past .. user, table.concat({ status, now, cause }, ' '))
  redis.call('LTRIM', key.past .. user, 0, PAST_CAP - 1)
  redis.call('PEXPIRE', key.past .. user, PAST_MS)
  redis.call(status == 'offline' and 'SREM' or 'SADD', key.here, user)
end

-- status and the next time at which it may change by itself, of the connections alone
local function merge(user)
  local status, review = 'offline', nil
  local pairs_of = redis.call('HGETALL', key.connections .. user)
  for i = 1, #pairs_of, 2 do
    local standing = cjson.decode(pairs_of[i + 1])
    if standing.epoch ~= epoch then -- left from a former life of the store
      redis.call('HDEL', key.connections .. user, pairs_of[i])
    elseif standing.away_at and standing.away_at <= now then
      if status == 'offline' then status = 'away' end
    else
      status = 'online'
      if standing.away_at and (not review or standing.away_at < review) then
        review = standing.away_at
      end
    end
  end
  return status, review
end

-- status, words and next review of the user, and since when his claim has lapsed
local function derive(user)
  local status, review = merge(user)
  local claim, lapsed = live_claim(user)
  if status == 'offline' or not claim then return status, NO_WORDS, review, lapsed end
  if claim.until_at and (not review or claim.until_at < review) then review = claim.until_at end
  if claim.status == 'invisible' then return 'offline', NO_WORDS, review end
  local words = claim.text .. claim.emoji == '' and NO_WORDS or cjson.encode({ claim.text, claim.emoji })
  return claim.status == 'online' and status or claim.status, words, review
end

local function settle(user, cause, since)
  local status, words, review, lapsed = derive(user)
  if review then
    redis.call('ZADD', key.deadlines, review, 'r ' .. user)
  else
    redis.call('ZREM', key.deadlines, 'r ' .. user)
  end
  local record_epoch, before, gen, words_before = read_record(user)
  if record_epoch ~= epoch then before, words_before = 'offline', NO_WORDS end
  if status == before and words == words_before then return end
  if lapsed and status ~= 'offline' then cause, since = 'claim_ended', lapsed end
  note(user, status, gen + 1, cause, since, status == 'offline' and since or nil, words)
end

-- Ends one lease. Removing its deadline is the ticket: who finds it gone came second.
local function take(user, connection, cause, since)
  local member = lease_member(user, connection)
  local deadline = redis.call('ZSCORE', key.deadlines, member)
  if not deadline then return 0 end
  redis.call('ZREM', key.deadlines, member)
  redis.call('DEL', key.lease .. user .. ' ' .. connection)
  local standing = read_connection(user, connection)
  redis.call('HDEL', key.connections .. user, connection)
  if not standing then return 0 end
  redis.call('SREM', key.held .. standing.worker, member)
  if not cause then
    cause, since = 'silent', tonumber(deadline) - standing.lease_ms
    if standing.orphaned_at then cause, since = 'worker_lost', standing.orphaned_at end
    if standing.closed_at then
      cause, since = standing.closed_cause or 'closed', standing.closed_since or standing.closed_at
    end
  end
  settle(user, cause, since)
  return 1
end
