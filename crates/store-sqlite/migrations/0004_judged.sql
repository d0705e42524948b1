-- How many alerts people judged, and how many of those as triage had proposed, kept as verdicts come: a page that tells it
-- must not count a million alerts.
CREATE TABLE judged (
    practice BLOB PRIMARY KEY,
    judged INTEGER NOT NULL,
    agreed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO judged (practice, judged, agreed)
SELECT practice, count(*), coalesce(sum(judged), 0) FROM listed WHERE judged IS NOT NULL GROUP BY practice;

DROP INDEX listed_judged;
