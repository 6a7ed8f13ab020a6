// From the officials to their own payments of programmes that exclude them, in post on the day.
MATCH (official:Official)
MATCH received = (official)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
WHERE any(condition IN programme.excludes WHERE condition CONTAINS '公职') AND coalesce(programme.mode, '审核') = '审核'
MATCH service = (official)-[post:HOLDS_POST]->(office:Village|Unit)
WHERE post.from <= payment.date < post.to
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, application.village, official.village)})
WITH *, [(application)<-[:APPLIED]-(who:Person) | who] AS applicants
RETURN official, programme, payment, village,
       coalesce(office.town_name, '') + coalesce(office.name, office.key) + post.title AS post, post.from AS since,
       payment.amount AS amount, payment.date AS day,
       'high' AS level,
       {post_that_day: 'for',
        excluded: 'for',
        applied: CASE WHEN size(applicants) = 0 THEN 'missing'
                      WHEN official IN applicants THEN 'for' ELSE 'against' END} AS checks,
       [received, service] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:FOR]->()<-[:APPLIED|APPROVED]-() | p] AS context
