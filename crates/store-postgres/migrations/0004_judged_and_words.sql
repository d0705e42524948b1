-- How many alerts people judged, and how many of those as triage had proposed, kept as verdicts come: a page that tells it
-- must not count a million alerts.
CREATE TABLE judged (
    practice UUID PRIMARY KEY,
    judged BIGINT NOT NULL,
    agreed BIGINT NOT NULL
);

INSERT INTO judged (practice, judged, agreed)
SELECT practice, count(*), coalesce(sum(judged), 0) FROM listed WHERE judged IS NOT NULL GROUP BY practice;

DROP INDEX listed_judged;

-- Words stand in the index with the block of 16,384 rows that they are in before them: an index of this kind has no order,
-- and a search asks it for one block after the other, the newest first, until it has enough. Rows that come in touch the
-- newest block alone. What the list of what is not yet sorted in holds is looked through once for each block: a short one.
DROP INDEX find_words;
CREATE INDEX find_words ON find
    USING gin (array_to_tsvector(
        string_to_array(substr(replace(rtrim(doc), ' ', ' ' || lpad(to_hex((key & 72057594037927935) >> 14), 8, '0')), 2), ' ')
    ))
    WITH (fastupdate = on, gin_pending_list_limit = 512);
