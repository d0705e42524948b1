SELECT request, first, last FROM idempotency WHERE practice = $1 AND key = $2
