SELECT count(*) AS "judged!: i64", count(*) FILTER (WHERE judged = 1) AS "agreed!: i64"
FROM listed
WHERE judged IS NOT NULL AND ($1 OR practice = $2)
