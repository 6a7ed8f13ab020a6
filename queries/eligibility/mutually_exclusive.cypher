// From the people who receive two programmes at all, one of which excludes the other, to the months that have both.
MATCH (person:Person)
MATCH (person)<-[:TO]-(any:Payment)
WHERE coalesce(any.date, $as_of) <= $as_of
WITH person, collect(DISTINCT any.programme) AS codes
WHERE size(codes) > 1
UNWIND codes AS code
MATCH (listed:Programme {key: code})
WITH *, [excluded IN listed.exclusive_with WHERE excluded IN codes AND excluded <> code] AS clashes
UNWIND clashes AS clash
// The list may name the pair on either side, or on both.
WITH DISTINCT person, CASE WHEN code < clash THEN code ELSE clash END AS lower, CASE WHEN code < clash THEN clash ELSE code END AS upper
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE payment.programme IN [lower, upper] AND coalesce(payment.date, $as_of) <= $as_of
WITH person, lower, upper, payment.date.year AS year, payment.date.month AS month, collect({payment: payment, received: received}) AS paid
WHERE any(one IN paid WHERE one.payment.programme = lower) AND any(one IN paid WHERE one.payment.programme = upper)
MATCH (programme:Programme {key: lower})
MATCH (other:Programme {key: upper})
UNWIND paid AS one
WITH *, one.payment AS payment, one.received AS received, [each IN paid WHERE each.payment.note CONTAINS '补发' | each.payment.note] AS back_pay
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, person.village)})
RETURN person, programme, other, payment, village, back_pay,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN coalesce(person.identified, true) THEN 'high' ELSE 'verify' END AS level,
       {same_month: 'for',
        back_pay: CASE WHEN size(back_pay) > 0 THEN 'against' ELSE 'for' END,
        id_number: CASE WHEN NOT coalesce(person.identified, true) THEN 'missing' END} AS checks,
       [received] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:INTO]->() | p] + [p = (payment)-[:FOR]->()<-[:APPROVED]-() | p] AS context
