SELECT trouble, since, coalesce(again_at <= now(), true) AS may_try FROM work.mail_server
