-- A stretch of one practice's rows, newest first.
SELECT key
FROM find
WHERE key < $1 AND key >= $2 AND received_at >= $3 AND updated_at >= $4 AND ($5 = '%' OR doc LIKE $5) AND practice = $7
ORDER BY key DESC
LIMIT $6
