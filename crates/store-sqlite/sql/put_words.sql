INSERT INTO words (rowid, doc) SELECT value ->> 0, value ->> 5 FROM json_each($1)
