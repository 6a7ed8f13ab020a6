// From the people who receive two programmes at all, one of which excludes the other, to the months that have both.
MATCH (person:Person)
MATCH (person)<-[:TO]-(some:Payment)
WITH person, collect(DISTINCT some.programme) AS codes
UNWIND codes AS code
MATCH (programme:Programme {key: code})
UNWIND [each IN codes WHERE code < each] AS clash
MATCH (other:Programme {key: clash})
// The list may name the pair on either side, or on both.
WITH person, programme, other, clash IN programme.exclusive_with OR code IN other.exclusive_with AS exclusive
WHERE exclusive
MATCH received = (person)<-[:TO]-(payment:Payment)
WITH *, payment.programme AS code
WHERE code IN [programme.key, other.key] AND coalesce(payment.date, $as_of) <= $as_of
WITH person, programme, other, payment.date.year AS year, payment.date.month AS month,
     collect({payment: payment, received: received}) AS paid, collect(DISTINCT code) AS codes
WHERE size(codes) = 2
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
