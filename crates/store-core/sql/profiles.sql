SELECT row FROM profile WHERE $1 OR practice = $2
