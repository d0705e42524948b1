-- No further than the rows of practices that judged something: the numbers are kept as verdicts come.
SELECT CAST(coalesce(sum(judged), 0) AS BIGINT) AS "judged!: i64", CAST(coalesce(sum(agreed), 0) AS BIGINT) AS "agreed!: i64"
FROM judged
WHERE $1 OR practice = $2
