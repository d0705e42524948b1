UPDATE log_head SET size = $1, listed = $2, root = $3, checkpoint = $4 WHERE id = 1
