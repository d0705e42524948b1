SELECT key AS "key!: i64", hash FROM node WHERE key IN (SELECT value FROM json_each($1))
