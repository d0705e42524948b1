SELECT row FROM token WHERE hash = $1
