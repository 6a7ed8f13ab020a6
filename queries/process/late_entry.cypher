// From the programmes to their payments that were entered late, by village and month.
MATCH (programme:Programme)
MATCH (programme)<-[:UNDER]-(payment:Payment)
WITH *, payment.date.dayOfWeek AS weekday
WITH *, CASE WHEN weekday > 5 THEN 5 ELSE weekday END AS worked
// Late from the first working day too many on: so many days after the payment, and two for each weekend between.
WHERE payment.entered >= payment.date + duration({days: $max_days + 1 + (worked + $max_days) / 5 * 2 - (weekday - worked)})
  AND coalesce(payment.entered, $as_of) <= $as_of
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
OPTIONAL MATCH (payment)-[:TO]->(beneficiary:Person)
MATCH (village:Village {key: coalesce(payment.village, application.village, beneficiary.village)})
WITH *, duration.inDays(payment.date, payment.entered).days AS apart
RETURN programme, village, left(toString(payment.date), 7) AS month, payment,
       // Whole weeks have five working days; of the days left over those from Monday to Friday count.
       apart / 7 * 5 + size([i IN range(1, apart % 7) WHERE (weekday + i - 1) % 7 < 5]) AS working_days,
       payment.entered AS entered, [(handler:Person)-[:HANDLED]->(payment) | handler] AS handler,
       payment.amount AS amount, payment.date AS day,
       'low' AS level, {late: 'for'} AS checks,
       [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:TO]->() | p] + [p = (payment)<-[:HANDLED]-() | p] AS context
