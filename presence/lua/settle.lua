-- presence/settle 3: put before every act that may change a status. The one settle step.
--
-- Only note() makes a transition: the user's record, the set of those who are here and the log
-- entry are written in the same script, so each transition exists once, whoever caused it.
-- a change of focus alone is an entry of its own kind (`shifted`), without a new gen or record.
-- The rules are those of presence/rules.py.
-- cost    settle: O(connections of the user).

local LOG_CAP = 100000 -- entries; about a day of a busy service
local PAST_CAP = 10 -- transitions kept of each user
local PAST_MS = 7 * 24 * 3600 * 1000
local NO_WORDS = '-'
local NO_FOCUS = ''
local FOCUS_MS = 60000 -- how long an empty focus is kept, far above apart_ms
local CHOSEN = { claimed = true, claim_ended = true, hidden = true, in_front = true } -- a user's own doing

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

-- what was told of the user's focus, when his own doing was last told, and the cause that waits
local function read_focus(user)
  local text = redis.call('GET', key.focus .. user)
  if not text then return NO_FOCUS, 0, nil end
  local own_epoch, told_at, waiting, focus = string.match(text, '^(%S+) (%S+) (%S+) (.*)$')
  if own_epoch ~= epoch then return NO_FOCUS, 0, nil end
  return focus, tonumber(told_at), waiting ~= '-' and waiting or nil
end

local function write_focus(user, focus, told_at, waiting)
  local text = table.concat({ epoch, told_at, waiting or '-', focus }, ' ')
  if focus == NO_FOCUS then
    redis.call('SET', key.focus .. user, text, 'PX', FOCUS_MS)
  else
    redis.call('SET', key.focus .. user, text)
  end
end

local function append(user, status, gen, cause, since, last_seen, words, focus, left)
  local rev = redis.call('INCR', key.rev)
  redis.call('XADD', key.log, 'MAXLEN', '~', LOG_CAP, rev .. '-0',
    'epoch', epoch, 'user', user, 'status', status, 'gen', gen, 'at', now,
    'cause', cause, 'since', since, 'by', worker, 'last_seen', last_seen or '-', 'words', words,
    'focus', focus, 'left', left)
  return rev
end

local function note(user, status, gen, cause, since, last_seen, words, focus, left)
  local rev = append(user, status, gen, cause, since, last_seen, words, focus, left)
  local record = { epoch, status, gen, now, cause, since, worker, last_seen or '-', rev, words }
  redis.call('SET', key.user .. user, table.concat(record, ' '))
  redis.call('LPUSH', key.past .. user, table.concat({ status, now, cause }, ' '))
  redis.call('LTRIM', key.past .. user, 0, PAST_CAP - 1)
  redis.call('PEXPIRE', key.past .. user, PAST_MS)
  redis.call(status == 'offline' and 'SREM' or 'SADD', key.here, user)
end

local function joined(set)
  local members = {}
  for member in pairs(set) do members[#members + 1] = member end
  table.sort(members)
  return table.concat(members, ' ')
end

-- status, the next time at which it may change by itself and what is in front, of the connections alone
local function merge(user)
  local status, review, in_front = 'offline', nil, {}
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
      if standing.focus and not standing.away_at then in_front[standing.focus] = true end
    end
  end
  return status, review, joined(in_front)
end

-- status, words, focus and next review of the user, and since when his claim has lapsed
local function derive(user)
  local status, review, focus = merge(user)
  local claim, lapsed = live_claim(user)
  if status == 'offline' or not claim then return status, NO_WORDS, focus, review, lapsed end
  if claim.until_at and (not review or claim.until_at < review) then review = claim.until_at end
  if claim.status == 'invisible' then return 'offline', NO_WORDS, NO_FOCUS, review end
  local words = claim.text .. claim.emoji == '' and NO_WORDS or cjson.encode({ claim.text, claim.emoji })
  if claim.status ~= 'online' then status = claim.status end
  return status, words, status == 'away' and NO_FOCUS or focus, review
end

-- Changes of a user's own doing that come within apart_ms of the last one wait for a review.
local function must_wait(cause, told_at)
  return CHOSEN[cause] and now >= told_at and now < told_at + apart_ms
end

local function write_review(user, review)
  if review then
    redis.call('ZADD', key.deadlines, review, 'r ' .. user)
  else
    redis.call('ZREM', key.deadlines, 'r ' .. user)
  end
end

local function settle(user, cause, since)
  local status, words, focus, review, lapsed = derive(user)
  local record_epoch, before, gen, words_before = read_record(user)
  if record_epoch ~= epoch then before, words_before = 'offline', NO_WORDS end
  local left, told_at, waiting = read_focus(user)
  local is_transition = status ~= before or words ~= words_before
  local is_news = is_transition or focus ~= left
  if lapsed and status ~= 'offline' then cause, since = 'claim_ended', lapsed end
  if waiting and (cause == 'hidden' or waiting == 'claim_ended' and status ~= 'offline') then
    cause = waiting
  end
  if is_news and must_wait(cause, told_at) then
    write_focus(user, left, told_at, cause)
    return write_review(user, math.min(review or told_at + apart_ms, told_at + apart_ms))
  end
  write_review(user, review)
  if is_transition then
    note(user, status, gen + 1, cause, since, status == 'offline' and since or nil, words, focus, left)
  elseif is_news then
    append(user, status, gen, 'shifted', since, nil, words, focus, left)
  end
  if is_news and CHOSEN[cause] then told_at = now end
  if waiting or focus ~= left or told_at == now then write_focus(user, focus, told_at) end
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
