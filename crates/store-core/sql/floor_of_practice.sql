-- Where a stretch of so many rows of a practice ends.
SELECT key
FROM find
WHERE key < $1 AND key >= $2 AND practice = $4
ORDER BY key DESC
LIMIT 1 OFFSET $3
