-- $1 why, $2 seconds before the first next try, $3 seconds it may grow to
UPDATE work.mail_server
   SET trouble = $1, since = coalesce(since, now()), tries = tries + 1,
       again_at = now() + make_interval(secs => least($2 * 2 ^ least(tries, 20), $3))
