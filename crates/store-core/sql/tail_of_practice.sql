SELECT idx, practice AS "practice: Uuid", stream_kind AS "stream_kind: i16", stream_id AS "stream_id: Uuid", version, canonical
FROM entry
WHERE practice = $1 AND idx >= $2
ORDER BY idx
LIMIT $3
