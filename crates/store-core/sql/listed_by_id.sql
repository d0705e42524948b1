SELECT key, row FROM listed WHERE id = $1 AND kind = $2 AND ($3 OR practice = $4)
