UPDATE log_head SET listed = $1 WHERE id = 1
