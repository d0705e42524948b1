SELECT key, row FROM listed WHERE key > $1 ORDER BY key LIMIT $2
