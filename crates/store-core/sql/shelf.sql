SELECT practice AS "practice: Uuid", person AS "person: Uuid", kind AS "kind: i16", name, at, digest, sealed
FROM shelf
WHERE practice = $1 AND kind = $2 AND ($3 OR person = $4) AND ($5 OR name = $6)
ORDER BY person, name
LIMIT $7
