SELECT size, listed, root, checkpoint FROM log_head WHERE id = 1 FOR UPDATE
