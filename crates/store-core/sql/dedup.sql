SELECT alert AS "alert: Uuid" FROM dedup WHERE practice = $1 AND key = $2
