INSERT INTO alert_key (practice, hash, received_at, key)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])
ON CONFLICT (practice, hash, received_at, key) DO NOTHING
