INSERT INTO dedup (practice, key, alert) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::uuid[])
