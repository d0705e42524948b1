INSERT INTO listed (key, kind, id, practice, judged, row)
SELECT j.key, j.kind, j.id, j.practice, nullif(j.judged, -1), j.row
FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::uuid[], $5::smallint[], $6::bytea[])
    AS j (key, kind, id, practice, judged, row)
ON CONFLICT (key) DO UPDATE SET judged = excluded.judged, row = excluded.row
