SELECT note FROM checkpoint WHERE size = $1
