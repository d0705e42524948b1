-- A LIMIT that is a parameter alone has SQLite compile the statement anew each time it runs.
SELECT words.rowid AS "key!: i64", listed.row
FROM words
CROSS JOIN find ON find.key = words.rowid
CROSS JOIN listed ON listed.key = words.rowid
WHERE words MATCH $1 AND find.practice = $2 AND find.received_at >= $3
ORDER BY words.rowid DESC
LIMIT $4 + 0
