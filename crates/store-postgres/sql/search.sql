-- Materialised, so that the index of words is used and not a walk that hopes to meet the words soon.
WITH hit AS MATERIALIZED (
    SELECT key, received_at, updated_at, doc
    FROM find
    WHERE array_to_tsvector(string_to_array(btrim(doc), ' ') || ('-' || (key >> 13))) @@ $1::text::tsquery
)
SELECT key
FROM hit
WHERE key < $2 AND key >= $3 AND received_at >= $4 AND updated_at >= $5 AND ($6 = '%' OR doc LIKE $6)
ORDER BY key DESC
LIMIT $7
