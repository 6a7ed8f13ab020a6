// From the payee to what it was paid without a contract, and to its contracts, by payer and place.
MATCH (payee:Company)
MATCH given = (payee)<-[:AWARDED_TO|PAYS]-(item:Contract|Voucher)-[:LET_BY|SPENT_BY]->(payer:Unit|Village)
WHERE coalesce(item.signed, item.date, $as_of) <= $as_of
  AND item.contract IS NULL
  AND NOT coalesce(item.note =~ ('(?s).*(' + $recurring + ').*'), false)
  // Instalments whose contract's number was left out.
  AND NOT EXISTS {
    MATCH (item)-[:FOR_PROJECT]->(:Project)<-[:CARRIES_OUT]-(:Contract)-[:AWARDED_TO]->(same:Company) WHERE same = payee
  }
OPTIONAL MATCH (item)-[:CARRIES_OUT|FOR_PROJECT]->(project:Project)
WITH payee, payer, item, given, coalesce(item.village, project.village) AS place, coalesce(item.signed, item.date) AS day
ORDER BY day
WITH payee, payer, place, item:Contract AS let, collect({item: item, given: given, day: day}) AS items
WHERE size(items) > 1
UNWIND [$limit_low, $limit_mid, $limit_high] AS threshold
WITH *, [one IN items WHERE one.item.amount < threshold] AS small
WITH *, [start IN small
         WHERE reduce(total = 0.0, one IN small | total + CASE
                 WHEN start.day <= one.day AND one.day <= start.day + duration({days: $window_days}) THEN one.item.amount ELSE 0.0 END
               ) >= threshold
         | start.day] AS starts
// A window within another one is the same finding: the next one begins after it.
UNWIND reduce(firsts = [], start IN starts | CASE
         WHEN coalesce(start <= last(firsts) + duration({days: $window_days}), false) THEN firsts ELSE firsts + start END) AS first
UNWIND [one IN small WHERE first <= one.day AND one.day <= first + duration({days: $window_days})] AS one
OPTIONAL MATCH (village:Village {key: place})
RETURN payer, payee, first, one.item AS item, village, threshold, one.item.amount AS amount, one.day AS day,
       CASE WHEN place IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {split: 'for', place: CASE WHEN place IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       [one.given] AS evidence,
       [p = (item:Contract|Voucher)-[:CARRIES_OUT|FOR_PROJECT]->() WHERE item = one.item | p] AS context
