SELECT key
FROM find
WHERE kind = $1 AND received_at >= $2 AND updated_at >= $3 AND ($4 OR practice = $5) AND key < $6 AND ($7 = '%' OR doc LIKE $7)
ORDER BY key DESC
LIMIT $8
