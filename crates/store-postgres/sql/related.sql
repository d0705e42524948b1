-- For each key the newest alerts, and of these the newest.
SELECT row
FROM listed
WHERE key = ANY(ARRAY(
    SELECT near.key
    FROM unnest($2::uuid[]) AS j (hash)
    CROSS JOIN LATERAL (
        SELECT key
        FROM alert_key
        WHERE practice = $1 AND hash = j.hash AND received_at >= $3
        ORDER BY received_at DESC, key DESC
        LIMIT $4
    ) AS near
))
ORDER BY key DESC
LIMIT $4
