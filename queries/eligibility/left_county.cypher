// From those who moved out, or whose registration was cancelled, to what they were paid after the days of grace.
MATCH (person:Person)
WHERE person.registration IN ['迁出', '注销']
WITH person, person.registration_date AS left
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date > left + duration({days: $grace_days}), true)
  AND coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, person.village)})
RETURN person, programme, payment, village,
       person.registration AS registration, left,
       payment.amount AS amount, payment.date AS day,
       // Without the day nobody knows whether a payment came before or after it.
       CASE WHEN left IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {registration: CASE WHEN left IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       [received] AS evidence,
       [p = (payment)-[:UNDER|INTO]->() | p] + [p = (person)-[:MEMBER_OF]->() | p] AS context
