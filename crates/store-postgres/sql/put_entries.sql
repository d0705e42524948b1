INSERT INTO entry (idx, practice, stream_kind, stream_id, version, canonical)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::uuid[], $5::bigint[], $6::bytea[])
