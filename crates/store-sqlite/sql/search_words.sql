-- By the index of words alone. (A LIMIT that is a parameter alone has SQLite compile the statement anew each time it runs.)
SELECT rowid AS "key!: i64"
FROM words
WHERE words MATCH $1 AND rowid < $2 AND rowid >= $3
ORDER BY rowid DESC
LIMIT $4 + 0
