SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2
