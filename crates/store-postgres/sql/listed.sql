SELECT key, row FROM listed WHERE key = ANY($1) ORDER BY key DESC
