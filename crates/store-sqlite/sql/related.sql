SELECT words.rowid AS "key!: i64"
FROM words
CROSS JOIN find ON find.key = words.rowid
WHERE words MATCH $1 AND find.practice = $2 AND find.received_at >= $3
ORDER BY words.rowid DESC
LIMIT $4
