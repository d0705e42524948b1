-- Changes how many of a practice's alerts were judged, and how many of those as proposed.
INSERT INTO judged (practice, judged, agreed)
VALUES ($1, $2, $3)
ON CONFLICT (practice) DO UPDATE SET judged = judged.judged + excluded.judged, agreed = judged.agreed + excluded.agreed
