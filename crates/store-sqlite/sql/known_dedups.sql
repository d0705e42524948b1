SELECT j.key + 0 AS "at!: i64", d.alert AS "alert: Uuid"
FROM json_each($1) AS j
CROSS JOIN dedup AS d ON d.practice = unhex(j.value ->> 0) AND d.key = unhex(j.value ->> 1)
