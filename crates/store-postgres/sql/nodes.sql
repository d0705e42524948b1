SELECT key, hash FROM node WHERE key = ANY($1)
