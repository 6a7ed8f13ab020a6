// From the person to the payments under this number; the loader has already brought names to one form.
MATCH (person:Person)
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
WITH *
// Nothing but a short cut: nearly everybody paid is a resident under the own name; `nowhere` and `renamed` follow.
WHERE person.household IS NULL OR payment.name <> person.name
WITH *,
     person.household IS NULL AND person.died IS NULL AND NOT EXISTS { (person)-[:ON_REGISTER]->() } AS nowhere,
     payment.name <> person.name AS renamed
WHERE nowhere OR renamed
MATCH (programme:Programme {key: payment.programme})
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
OPTIONAL MATCH (payment)-[:INTO]->(account:Account)
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, application.village, person.village)})
WITH *,
     NOT person.identified AS mistyped,
     [p = (person)-[:SPOUSE_OF|PARENT_OF|HOLDS_POST|HAS_ROLE|OWNS|HOLDS_LAND]-() | p] AS traces,
     // A village without a single household on record: its residents were not delivered.
     EXISTS { (village)<-[:IN]-(:Household) } AS covered
WITH *, CASE WHEN renamed THEN ['一个证号用了不同的姓名', 'one number under several names']
             WHEN mistyped THEN ['证号校验不符', 'the number fails its check digit']
             ELSE ['户籍、名册和死亡数据里都查不到', 'in no register of residents, of the eligible or of the dead'] END AS doubts
RETURN person, programme, payment, account, village, payment.name AS written,
       doubts[0] AS doubt, doubts[1] AS doubt_en,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN renamed THEN 'medium' WHEN mistyped OR size(traces) > 0 OR NOT covered THEN 'verify' ELSE 'medium' END AS level,
       {nowhere: CASE WHEN nowhere THEN 'for' END,
        one_name: CASE WHEN renamed THEN 'for' END,
        number: CASE WHEN mistyped THEN 'missing' END,
        elsewhere: CASE WHEN NOT nowhere THEN null WHEN size(traces) > 0 THEN 'against' ELSE 'for' END,
        covered: CASE WHEN nowhere AND NOT covered THEN 'missing' END} AS checks,
       [received] AS evidence,
       traces + [p = (payment)-[:UNDER|FOR|INTO]->() | p] AS context
