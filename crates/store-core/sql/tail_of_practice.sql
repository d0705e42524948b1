SELECT e.idx, e.practice AS "practice: Uuid", e.stream_kind AS "stream_kind: i16", e.stream_id AS "stream_id: Uuid", e.version, e.canonical
FROM find AS f
CROSS JOIN entry AS e
WHERE f.practice = $1 AND f.key >= $2 AND f.key < 72057594037927936 AND e.idx = f.key
ORDER BY f.key
LIMIT $3
