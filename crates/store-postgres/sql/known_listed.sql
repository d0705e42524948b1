SELECT j.at - 1 AS "at!", l.key
FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS j (id, kind, at)
JOIN listed AS l ON l.id = j.id AND l.kind = j.kind
