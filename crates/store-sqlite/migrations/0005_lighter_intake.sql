-- Nodes of the tree stand in the order in which they come to be (the key is how many came before), so that a batch puts all of its
-- own side by side. By level and index each level had a page of its own: one page in ten of what an alert changed. The number of
-- ones in the index of a node's last leaf is counted in the usual way, two bits, four and eight at a time (Warren, Hacker's
-- Delight, 5-1); no record has 2^32 entries.
CREATE TABLE node_by_time (
    key INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO node_by_time (key, hash)
SELECT 2 * last - (((((twos + (twos >> 4)) & 252645135) * 16843009) >> 24) & 255) + level, hash
FROM (
    SELECT last, level, hash, (ones & 858993459) + ((ones >> 2) & 858993459) AS twos
    FROM (
        SELECT last, level, hash, last - ((last >> 1) & 1431655765) AS ones
        FROM (SELECT (((key & 72057594037927935) + 1) << (key >> 56)) - 1 AS last, key >> 56 AS level, hash FROM node) AS a
    ) AS b
) AS c
ORDER BY 1;
DROP TABLE node;
ALTER TABLE node_by_time RENAME TO node;
