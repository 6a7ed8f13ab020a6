// From those posted to villages to every month between their first and last log that is over, also the ones without a log.
MATCH (person:Person)
MATCH (person)-[:POSTED]->(posting:Posting)
WHERE coalesce(posting.date, $as_of) <= $as_of
WITH person, posting ORDER BY posting.date, posting.key
WITH person, collect(posting) AS postings, min(posting.date) AS first, max(posting.date) AS last
UNWIND range(0, (last.year - first.year) * 12 + last.month - first.month) AS number
WITH *, date.truncate('month', first) + duration({months: number}) AS month
WHERE month + duration({months: 1}) - duration({days: 1}) <= $as_of
WITH *, [log IN postings WHERE month <= log.date < month + duration({months: 1})] AS logs
WITH *, size([log IN logs WHERE log.on_duty]) AS days, size([log IN logs WHERE log.stayed]) AS nights,
     size([log IN logs WHERE log.on_duty AND coalesce(log.words, 0) = 0 AND coalesce(log.photos, 0) = 0]) AS bare,
     date.truncate('month', first) = month OR date.truncate('month', last) = month AS edge
WHERE (days < $min_days OR nights < $min_nights)
OPTIONAL MATCH (person)-[:POSTED]->(place:Posting)-[:AT]->(village:Village)
WHERE place = coalesce(head(logs), head(postings))
RETURN person, left(toString(month), 7) AS month, village, days, nights, CASE WHEN bare > 0 THEN bare END AS bare, month AS day,
       CASE WHEN size(logs) = 0 THEN 'verify' ELSE 'low' END AS level,
       {days: CASE WHEN days < $min_days THEN 'for' ELSE 'against' END,
        nights: CASE WHEN nights < $min_nights THEN 'for' ELSE 'against' END,
        logs: CASE WHEN size(logs) = 0 THEN 'missing' WHEN bare > 0 THEN 'for' END,
        whole: CASE WHEN edge THEN 'against' ELSE 'for' END} AS checks,
       [p = (person)-[:POSTED]->(log:Posting) WHERE log IN logs | p] AS evidence,
       [p = (place)-[:AT]->(:Village) | p] AS context
