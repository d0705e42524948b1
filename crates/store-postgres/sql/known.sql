-- All that a batch asks: idempotency keys, streams, alerts' keys, rows.
SELECT 1::smallint AS "what!", j.at - 1 AS "at!", i.request AS "bytes?", i.first AS "first?", i.last AS "last?"
FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS j (practice, key, at)
JOIN idempotency AS i ON i.practice = j.practice AND i.key = j.key
UNION ALL
SELECT 2::smallint, j.at - 1, uuid_send(e.practice), e.version, NULL
FROM unnest($3::uuid[], $4::smallint[]) WITH ORDINALITY AS j (id, kind, at)
CROSS JOIN LATERAL (
    SELECT practice, version FROM entry WHERE stream_id = j.id AND stream_kind = j.kind ORDER BY version DESC LIMIT 1
) AS e
UNION ALL
SELECT 3::smallint, j.at - 1, uuid_send(d.alert), NULL, NULL
FROM unnest($5::uuid[], $6::bytea[]) WITH ORDINALITY AS j (practice, key, at)
JOIN dedup AS d ON d.practice = j.practice AND d.key = j.key
UNION ALL
SELECT 4::smallint, j.at - 1, NULL, l.key, l.judged
FROM unnest($7::uuid[], $8::smallint[]) WITH ORDINALITY AS j (id, kind, at)
JOIN listed AS l ON l.id = j.id AND l.kind = j.kind
