-- How many rows were received since, counted no further than the limit.
SELECT count(*) AS "count!"
FROM (
    SELECT 1 AS one
    FROM find
    WHERE kind = $1 AND received_at >= $2 AND ($3 OR practice = $4)
    LIMIT $5
) AS part
