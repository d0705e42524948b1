-- Each block by itself, until there are enough. Materialised, so that the index of words is used and not a walk that hopes to
-- meet the words soon.
SELECT found.key AS "key!"
FROM generate_series($8::bigint, $9::bigint, -1) AS block (number)
CROSS JOIN LATERAL (
    WITH hit AS MATERIALIZED (
        SELECT key, received_at, updated_at, doc
        FROM find
        WHERE array_to_tsvector(
            string_to_array(substr(replace(rtrim(doc), ' ', ' ' || lpad(to_hex((key & 72057594037927935) >> 14), 8, '0')), 2), ' ')
        ) @@ replace($1, '^', lpad(to_hex(block.number), 8, '0'))::tsquery
    )
    SELECT key
    FROM hit
    WHERE key < $2 AND key >= $3 AND received_at >= $4 AND updated_at >= $5 AND ($6 = '%' OR doc LIKE $6)
    ORDER BY key DESC
    LIMIT $7
) AS found
LIMIT $7
