-- The head, the checkpoint and the end of a batch.
UPDATE log_head
SET size = $1, listed = $2, root = coalesce($3, root), checkpoint = coalesce($4, checkpoint)
WHERE id = 1;
INSERT INTO checkpoint (size, note) SELECT $5, $6 WHERE $6 IS NOT NULL;
COMMIT
