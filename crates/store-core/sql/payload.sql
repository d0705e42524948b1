SELECT sealed FROM payload WHERE digest = $1 AND practice = $2
