-- presence/revoke 1: the lease ends now, whatever it had left, also during a hold.
--
-- ARGV    8 user   9 connection
-- result  reply(1 ended | 0 there was none)
-- cost    O(log n) and the user's connections.

return reply(take(ARGV[ACT + 1], ARGV[ACT + 2], 'signed_out', now))
