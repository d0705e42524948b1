SELECT j.at - 1 AS "at!", e.practice, e.version
FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS j (id, kind, at)
CROSS JOIN LATERAL (
    SELECT practice, version FROM entry WHERE stream_id = j.id AND stream_kind = j.kind ORDER BY version DESC LIMIT 1
) AS e
