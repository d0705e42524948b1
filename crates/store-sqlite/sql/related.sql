-- For each key the newest alerts, as a list.
SELECT (
    SELECT json_group_array(near.key)
    FROM (
        SELECT key
        FROM alert_key
        WHERE practice = $1 AND hash = unhex(j.value) AND received_at >= $3
        ORDER BY received_at DESC, key DESC
        LIMIT $4
    ) AS near
) AS "keys!: String"
FROM json_each($2) AS j
