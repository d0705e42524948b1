-- The head and the checkpoint of a batch.
WITH head AS (
    UPDATE log_head
    SET size = $1::bigint, listed = $2, root = coalesce($3, root), checkpoint = coalesce($4, checkpoint)
    WHERE id = 1
)
INSERT INTO checkpoint (size, note) SELECT $1, $4 WHERE $4 IS NOT NULL
