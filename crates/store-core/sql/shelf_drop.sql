DELETE FROM shelf WHERE practice = $1 AND person = $2 AND kind = $3 AND name = $4
