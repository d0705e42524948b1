SELECT practice AS "practice: Uuid", key, request, first, last
FROM idempotency
WHERE (practice, key) > ($1, $2)
ORDER BY practice, key
LIMIT $3
