INSERT INTO idempotency (practice, key, request, first, last)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[])
