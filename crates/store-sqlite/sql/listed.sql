SELECT key, row FROM listed WHERE key IN (SELECT value FROM json_each($1)) ORDER BY key DESC
