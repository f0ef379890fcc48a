-- Whether something that was asked to be erased may be here still, or nobody knows
SELECT EXISTS (SELECT FROM work.words_withheld)
    OR EXISTS (SELECT FROM erasures e
                WHERE NOT EXISTS (SELECT FROM work.erasures w
                                   WHERE w.tenant = e.tenant AND w.erasure_id = e.erasure_id
                                     AND w.done_at IS NOT NULL))
