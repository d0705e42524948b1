-- Where a stretch of so many rows ends.
SELECT key
FROM find
WHERE key < $1 AND key >= $2
ORDER BY key DESC
LIMIT 1 OFFSET $3
