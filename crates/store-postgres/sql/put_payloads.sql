INSERT INTO payload (practice, digest, sealed)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[])
ON CONFLICT (digest, practice) DO NOTHING
