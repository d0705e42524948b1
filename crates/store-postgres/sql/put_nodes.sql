INSERT INTO node (key, hash) SELECT * FROM unnest($1::bigint[], $2::bytea[])
