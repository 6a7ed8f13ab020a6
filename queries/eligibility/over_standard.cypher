// From the people to what they were paid in a month of a programme with a limit; parcels are counted in 亩 and have none.
MATCH (person:Person)
MATCH (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of AND payment.parcel IS NULL
MATCH (programme:Programme {key: payment.programme})
WHERE programme.limit IS NOT NULL
WITH *, coalesce(payment.note CONTAINS '补发', false)
     OR EXISTS { (payment)-[:FOR]->(application:Application) WHERE application.reason CONTAINS '补发' } AS late
WITH person, programme, payment.date.year AS year, payment.date.month AS number,
     collect(CASE WHEN NOT late THEN payment END) AS paid, max(payment.quantity) AS quantity, count(CASE WHEN late THEN 1 END) AS back_payments
// The limit is for one person and month: 计量 counts the persons of a household, else the months, of which a rhythm has its own.
WITH *, round(reduce(sum = 0.0, one IN paid | sum + one.amount), 2) AS total,
     CASE WHEN quantity >= 1 THEN quantity END AS counted,
     CASE programme.rhythm WHEN '季' THEN 3 WHEN '年' THEN 12 ELSE 1 END AS months
WITH *, programme.limit * CASE WHEN programme.target = '个人' THEN coalesce(counted, months) ELSE coalesce(counted, 1) * months END AS allowed
WHERE total > round(allowed * (1 + $tolerance), 2)
WITH *, coalesce(programme.target, '家庭') = '家庭' AND counted IS NULL AS persons_unknown
MATCH (person)<-[:TO]-(event:Payment)
WHERE event IN paid
OPTIONAL MATCH (village:Village {key: coalesce(event.village, person.village)})
RETURN person, programme, toString(year) + '-' + right('0' + toString(number), 2) AS month, event AS payment, village,
       total, allowed, total - allowed AS excess, size(paid) AS payments, back_payments,
       event.amount AS amount, event.date AS day,
       CASE WHEN persons_unknown OR NOT coalesce(person.identified, true) THEN 'verify' ELSE 'medium' END AS level,
       {limit: 'for',
        repeated: CASE WHEN size(paid) > 1 THEN 'for' END,
        counted: CASE WHEN persons_unknown THEN 'missing' END,
        back_pay: CASE WHEN back_payments > 0 THEN 'against' ELSE 'for' END,
        id_number: CASE WHEN NOT coalesce(person.identified, true) THEN 'missing' END} AS checks,
       [p = (event)-[:TO|UNDER]->() | p] AS evidence,
       [p = (event)-[:INTO]->() | p] + [p = (event)-[:FOR]->()<-[:APPROVED]-() | p] AS context
