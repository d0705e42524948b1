INSERT INTO shelf (practice, person, kind, name, at, digest, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (practice, kind, person, name) DO UPDATE
SET at = excluded.at, digest = excluded.digest, sealed = excluded.sealed
