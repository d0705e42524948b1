INSERT INTO token (id, hash, practice, row) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, practice = excluded.practice, row = excluded.row
