SELECT idx, practice, stream_kind, stream_id, version, canonical
FROM entry
WHERE idx = ANY($1)
ORDER BY idx DESC
