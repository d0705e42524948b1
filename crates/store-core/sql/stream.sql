SELECT idx, practice AS "practice: Uuid", stream_kind AS "stream_kind: i16", stream_id AS "stream_id: Uuid", version, canonical
FROM entry
WHERE stream_id = $1 AND stream_kind = $2 AND practice = $3 AND version > $4
ORDER BY version
LIMIT $5
