// From the officials over their kin to the kin's payments; village and programme are looked up by key, never walked through.
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
     coalesce(payment.village, application.village, relative.village) AS place
WHERE kin.from <= decided < kin.to
OPTIONAL MATCH (village:Village {key: place})
WITH *,
     coalesce([p = (official)-[charge:IN_CHARGE]->(village) WHERE charge.from <= decided < charge.to | p], [])
       + [p = (official)-[charge:IN_CHARGE]->(programme) WHERE charge.from <= decided < charge.to | p] AS powers,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts,
     [p = (payment)-[:FOR*0..1]->(paper)<-[:REVIEWED|APPROVED]-(who:Person)
      WHERE who = official AND coalesce(paper.result, '同意') = '同意' | p] AS signatures
WHERE (size(powers) > 0 OR (size(signatures) > 0 AND size(posts) > 0))
WITH *,
     coalesce(head([(application)<-[:APPROVED]-(who:Person) | who]), head([(payment)<-[:APPROVED]-(who:Person) | who])) AS signer,
     [p = (official)-[:DECLARED]-(who:Person) WHERE who = relative | p] AS declarations,
     [p = (relative)-[entry:ON_REGISTER]->(:Register {key: programme.register})
      WHERE entry.from <= payment.date < entry.to | p] AS entries
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on
RETURN official, relative, programme, payment, village, signer,
       kin.term AS term, kin.basis AS basis,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN powers | relationships(p)[0].by] + CASE WHEN size(signatures) > 0 THEN ['签字'] ELSE [] END AS power,
       payment.amount AS amount, payment.date AS day, decided, declared_on,
       CASE WHEN size(declared_on) > 0 THEN 'low'
            WHEN programme.mode IS NULL THEN 'verify'
            WHEN size(signatures) > 0 OR any(p IN powers WHERE relationships(p)[0].by = '村干部') THEN 'high'
            ELSE 'medium' END AS level,
       {in_post: 'for', kin: 'for',
        signed: CASE WHEN size(signatures) > 0 THEN 'for' WHEN signer IS NULL THEN 'missing' ELSE 'against' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END,
        listed: CASE WHEN programme.register IS NULL THEN null WHEN size(entries) > 0 THEN 'against' ELSE 'for' END,
        mode: CASE WHEN programme.mode IS NULL THEN 'missing' END} AS checks,
       [kinship, received] + powers + signatures AS evidence,
       posts + declarations + entries + [p = (payment)-[:UNDER|FOR]->() | p]
         + [p = (payment)-[:FOR*0..1]->()<-[:APPROVED]-() | p] AS context
