SELECT words.rowid AS "key!: i64"
FROM words
CROSS JOIN find ON find.key = words.rowid
WHERE words MATCH $1 AND words.rowid < $2 AND words.rowid >= $3 AND find.received_at >= $4 AND find.updated_at >= $5
    AND ($6 = '%' OR find.doc LIKE $6)
ORDER BY words.rowid DESC
LIMIT $7 + 0
