-- presence/missing 3: users shown as present in a former epoch, and not here in this one, are offline.
--
-- ARGV    8.. for each: user, age_ms (since he was last known to be here)
-- result  reply(count of transitions made)
-- Whoever asks first makes the transition; for a user who has a record in this epoch nothing is done.
-- Another epoch than the caller believes in: nothing is done.
-- cost    O(1) a user. Up to 500 a call.

if believed ~= epoch then return reply() end
local made = 0
for i = ACT + 1, #ARGV, 2 do
  local user, seen_at = ARGV[i], now - tonumber(ARGV[i + 1])
  local record_epoch, _, gen = read_record(user)
  if record_epoch ~= epoch then
    note(user, 'offline', gen + 1, 'missing', seen_at, seen_at, NO_WORDS, NO_FOCUS, NO_FOCUS)
    made = made + 1
  end
end
return reply(made)
