// From the officials over their kin to the kin's payments, as benefit_to_relative does; what was declared in time drops out.
MATCH (official:Official)
MATCH kinship = (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
WITH *
MATCH received = (relative)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
WHERE coalesce(programme.mode, '审核') = '审核'
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
WITH *,
     coalesce(application.approved_on, payment.date) AS decided,
     payment.date + duration({days: $grace_days}) AS deadline,
     coalesce(payment.date + duration({days: $grace_days}) < $as_of, true) AS over,
     coalesce(payment.village, application.village, relative.village) AS place,
     [p = (official)-[told:DECLARED]-(who:Person) WHERE who = relative AND coalesce(told.date, $as_of) <= $as_of | p] AS declarations
WHERE kin.from <= decided < kin.to
  AND NOT any(p IN declarations WHERE coalesce(relationships(p)[0].date <= deadline, false))
OPTIONAL MATCH (village:Village {key: place})
WITH *,
     [p = (official)-[charge:IN_CHARGE]->(village) WHERE charge.from <= decided < charge.to | p]
       + [p = (official)-[charge:IN_CHARGE]->(programme) WHERE charge.from <= decided < charge.to | p] AS powers,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts,
     [p = (payment)-[:FOR*0..1]->(paper)<-[:REVIEWED|APPROVED]-(who:Person)
      WHERE who = official AND coalesce(paper.result, '同意') = '同意' | p] AS signatures
WHERE (size(powers) > 0 OR (size(signatures) > 0 AND size(posts) > 0))
RETURN official, relative, programme, payment, village,
       kin.term AS term, kin.basis AS basis,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN powers | relationships(p)[0].by] + CASE WHEN size(signatures) > 0 THEN ['签字'] ELSE [] END AS power,
       payment.amount AS amount, payment.date AS day, decided, deadline,
       [p IN declarations | relationships(p)[0].date] AS late_on,
       // Until the grace has run out nothing is late: kept for the record, so that the day it runs out makes it a lead.
       CASE WHEN NOT over THEN 'low' WHEN programme.mode IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {in_post: 'for', kin: 'for',
        filed: CASE WHEN NOT over THEN 'against' ELSE 'for' END,
        late: CASE WHEN any(p IN declarations WHERE relationships(p)[0].date IS NULL) THEN 'missing'
                   WHEN size(declarations) > 0 THEN 'against' END,
        mode: CASE WHEN programme.mode IS NULL THEN 'missing' END} AS checks,
       [kinship, received] + powers + signatures AS evidence,
       posts + declarations + [p = (payment)-[:UNDER|FOR]->() | p] AS context
