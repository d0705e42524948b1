DELETE FROM idempotency
WHERE (practice, key) IN (SELECT practice, key FROM idempotency WHERE first < $1 ORDER BY first LIMIT $2)
