SELECT j.key + 0 AS "at!: i64", e.practice AS "practice: Uuid", e.version
FROM json_each($1) AS j
CROSS JOIN entry AS e ON e.idx = (
    SELECT idx FROM entry WHERE stream_id = unhex(j.value ->> 0) AND stream_kind = j.value ->> 1 ORDER BY version DESC LIMIT 1
)
