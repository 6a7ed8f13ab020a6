// From those with a death on record to what was approved for them after the latest date that any source gives.
MATCH (person:Person)-[:DIED]->(death:Death)
WITH person, max(death.date) AS died, collect(DISTINCT death.source) AS sources
MATCH applied = (person)-[:APPLIED]->(application:Application)
WHERE application.approved_on > died AND application.result = '同意' AND coalesce(application.approved_on, $as_of) <= $as_of
MATCH (programme:Programme {key: application.programme})
OPTIONAL MATCH (village:Village {key: application.village})
// Whoever applies after the death may be alive; the application approved says nothing of the kind where it was accepted before.
WITH *,
     [p = (person)-[:APPLIED]->(later:Application) WHERE later.accepted > died | p] AS applications,
     [p = (person)-[marriage:SPOUSE_OF]-() WHERE marriage.from > died | p] AS marriages,
     [p = (person)-[role:HAS_ROLE]->(:Company) WHERE role.from > died | p] AS roles,
     [p = (person)-[owned:OWNS]->(:Vehicle) WHERE owned.from > died | p] AS vehicles
RETURN person, programme, application, village, died, sources AS source, person.registration AS registration,
       [(application)<-[:APPROVED]-(who:Person) | who] AS signer,
       application.accepted AS accepted_on, application.approved_on AS approved_on,
       [p IN applications | last(nodes(p)).accepted] AS applied_on,
       [p IN marriages | relationships(p)[0].from] AS married_on,
       [p IN roles | relationships(p)[0].from] AS role_on,
       [p IN vehicles | relationships(p)[0].from] AS vehicle_on,
       application.approved_on AS day,
       CASE WHEN size(sources) >= 2 AND size(applications + marriages + roles + vehicles) = 0 THEN 'high' ELSE 'verify' END AS level,
       {sources: CASE WHEN size(sources) >= 2 THEN 'for' ELSE 'against' END,
        registration: CASE person.registration WHEN '注销' THEN 'for' WHEN '正常' THEN 'against' ELSE 'missing' END,
        applied: CASE WHEN size(applications) > 0 THEN 'against' ELSE 'for' END,
        married: CASE WHEN size(marriages) > 0 THEN 'against' ELSE 'for' END,
        company_role: CASE WHEN size(roles) > 0 THEN 'against' ELSE 'for' END,
        vehicle: CASE WHEN size(vehicles) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [applied] + [p = (person)-[:DIED]->() | p] AS evidence,
       applications + marriages + roles + vehicles + [p = (application)-[:UNDER]->() | p]
         + [p = (application)<-[:HANDLED|REVIEWED|APPROVED]-() | p] AS context
