SELECT j.key + 0 AS "at!: i64", i.request, i.first, i.last
FROM json_each($1) AS j
CROSS JOIN idempotency AS i ON i.practice = unhex(j.value ->> 0) AND i.key = unhex(j.value ->> 1)
