INSERT INTO find (key, kind, practice, received_at, updated_at, doc)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[])
ON CONFLICT (key) DO UPDATE SET received_at = excluded.received_at, updated_at = excluded.updated_at, doc = excluded.doc
