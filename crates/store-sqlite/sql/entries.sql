SELECT idx, practice AS "practice: Uuid", stream_kind AS "stream_kind: i16", stream_id AS "stream_id: Uuid", version, canonical
FROM entry
WHERE idx IN (SELECT value FROM json_each($1))
ORDER BY idx DESC
