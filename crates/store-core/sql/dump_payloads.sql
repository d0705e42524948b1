SELECT practice AS "practice: Uuid", digest, sealed
FROM payload
WHERE (digest, practice) > ($1, $2)
ORDER BY digest, practice
LIMIT $3
