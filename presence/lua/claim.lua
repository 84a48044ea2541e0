-- presence/claim 1: the user claims this of himself, unless he claimed something newer.
--
-- ARGV    8 user   9 the claim: JSON of {status, text, emoji, until_at (ms, or none), version}
-- result  reply()
-- cost    O(connections of the user).

local user, claim = ARGV[ACT + 1], cjson.decode(ARGV[ACT + 2])
if claim.version >= version_of(user) then write_claim(user, claim) end
settle(user, 'claimed', now)
return reply()
