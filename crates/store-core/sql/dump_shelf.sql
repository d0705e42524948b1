SELECT practice AS "practice: Uuid", person AS "person: Uuid", kind AS "kind: i16", name, at, digest, sealed
FROM shelf
WHERE (practice, kind, person, name) > ($1, $2, $3, $4)
ORDER BY practice, kind, person, name
LIMIT $5
