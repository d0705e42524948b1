SELECT j.key + 0 AS "at!: i64", l.key AS "key!: i64"
FROM json_each($1) AS j
CROSS JOIN listed AS l ON l.id = unhex(j.value ->> 0) AND l.kind = j.value ->> 1
