UPDATE work.mail_server SET trouble = NULL, since = NULL, tries = 0, again_at = NULL WHERE trouble IS NOT NULL
