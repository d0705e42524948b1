SELECT row FROM token WHERE $1 OR practice = $2 ORDER BY id
