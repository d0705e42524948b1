-- The first entry that is not older.
SELECT min(key) AS "first?: i64" FROM find WHERE kind = $1 AND received_at >= $2
