SELECT j.at - 1 AS "at!", d.alert
FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS j (practice, key, at)
JOIN dedup AS d ON d.practice = j.practice AND d.key = j.key
