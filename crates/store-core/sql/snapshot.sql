SELECT version, form, state FROM snapshot WHERE stream_id = $1 AND stream_kind = $2 AND practice = $3
