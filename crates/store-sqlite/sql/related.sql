-- One row for all, as each is handed over by itself. A LIMIT that is a parameter alone has SQLite compile the statement anew
-- each time it runs.
SELECT CAST('[' || coalesce(group_concat(CAST(near.row AS TEXT), ','), '') || ']' AS BLOB) AS "rows!: Vec<u8>"
FROM (
    SELECT listed.row
    FROM words
    CROSS JOIN find ON find.key = words.rowid
    CROSS JOIN listed ON listed.key = words.rowid
    WHERE words MATCH $1 AND find.practice = $2 AND find.received_at >= $3
    ORDER BY words.rowid DESC
    LIMIT $4 + 0
) AS near
