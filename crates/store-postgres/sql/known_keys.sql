SELECT j.at - 1 AS "at!", i.request, i.first, i.last
FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS j (practice, key, at)
JOIN idempotency AS i ON i.practice = j.practice AND i.key = j.key
