-- Takes the write lock at once, so that no transaction finds out late that it cannot write, and looks up all that a batch
-- asks: the head, idempotency keys, streams, alerts' keys, rows.
BEGIN IMMEDIATE;
SELECT 0 AS "what!: i16", 0 AS "at!: i64", root AS "bytes?: Vec<u8>", size AS "first?: i64", listed AS "last?: i64"
FROM log_head
WHERE id = 1
UNION ALL
SELECT 1, j.key, i.request, i.first, i.last
FROM json_each($1) AS j
CROSS JOIN idempotency AS i ON i.practice = unhex(j.value ->> 0) AND i.key = unhex(j.value ->> 1)
UNION ALL
SELECT 2, j.key, e.practice, e.version, NULL
FROM json_each($2) AS j
CROSS JOIN entry AS e ON e.idx = (
    SELECT idx FROM entry WHERE stream_id = unhex(j.value ->> 0) AND stream_kind = j.value ->> 1 ORDER BY version DESC LIMIT 1
)
UNION ALL
SELECT 3, j.key, d.alert, NULL, NULL
FROM json_each($3) AS j
CROSS JOIN dedup AS d ON d.practice = unhex(j.value ->> 0) AND d.key = unhex(j.value ->> 1)
UNION ALL
SELECT 4, j.key, NULL, l.key, l.judged
FROM json_each($4) AS j
CROSS JOIN listed AS l ON l.id = unhex(j.value ->> 0) AND l.kind = j.value ->> 1
