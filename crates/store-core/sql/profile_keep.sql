INSERT INTO profile (practice, row) VALUES ($1, $2)
ON CONFLICT (practice) DO UPDATE SET row = excluded.row
