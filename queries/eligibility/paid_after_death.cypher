// From those with a death on record to their payments after the month of the latest date that any source gives.
MATCH (person:Person)-[:DIED]->(death:Death)
WHERE coalesce(person.identified, true)
WITH person, max(death.date) AS died, collect(DISTINCT death.source) AS sources
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE payment.date >= date.truncate('month', died) + duration({months: 1 + $grace_months}) AND coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, person.village)})
WITH *,
     [p = (person)-[marriage:SPOUSE_OF]-() WHERE marriage.from > died | p] AS marriages,
     [p = (person)-[:APPLIED]->(application:Application) WHERE application.accepted > died | p] AS applications,
     [p = (person)-[role:HAS_ROLE]->(:Company) WHERE role.from > died | p] AS roles,
     [p = (person)-[owned:OWNS]->(:Vehicle) WHERE owned.from > died | p] AS vehicles
RETURN person, programme, payment, village, died, sources AS source, person.registration AS registration,
       [p IN marriages | relationships(p)[0].from] AS married_on,
       [p IN applications | last(nodes(p)).accepted] AS applied_on,
       [p IN roles | relationships(p)[0].from] AS role_on,
       [p IN vehicles | relationships(p)[0].from] AS vehicle_on,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN size(sources) >= 2 AND size(marriages + applications + roles + vehicles) = 0 THEN 'high' ELSE 'verify' END AS level,
       {sources: CASE WHEN size(sources) >= 2 THEN 'for' ELSE 'against' END,
        registration: CASE person.registration WHEN '注销' THEN 'for' WHEN '正常' THEN 'against' ELSE 'missing' END,
        married: CASE WHEN size(marriages) > 0 THEN 'against' ELSE 'for' END,
        applied: CASE WHEN size(applications) > 0 THEN 'against' ELSE 'for' END,
        company_role: CASE WHEN size(roles) > 0 THEN 'against' ELSE 'for' END,
        vehicle: CASE WHEN size(vehicles) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [received] + [p = (person)-[:DIED]->() | p] AS evidence,
       marriages + applications + roles + vehicles + [p = (payment)-[:UNDER|INTO]->() | p] AS context
