// From the officials over their kin to payments under programmes that rest on a register which the kin are not on.
MATCH (official:Official)
MATCH kinship = (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
WITH *
MATCH received = (relative)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
WHERE programme.register IS NOT NULL
  AND NOT EXISTS {
    MATCH (relative)-[entry:ON_REGISTER]->(on:Register)
    WHERE on.key = programme.register
      AND entry.from <= payment.date + duration({days: $grace_days}) AND payment.date < entry.to + duration({days: $grace_days})
  }
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
WITH *,
     coalesce(application.approved_on, payment.date) AS decided,
     coalesce(payment.village, application.village, relative.village) AS place
WHERE kin.from <= decided < kin.to
OPTIONAL MATCH (village:Village {key: place})
WITH *,
     [p = (official)-[charge:IN_CHARGE]->(village) WHERE charge.from <= decided < charge.to | p]
       + [p = (official)-[charge:IN_CHARGE]->(programme) WHERE charge.from <= decided < charge.to | p] AS powers,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts,
     [p = (payment)-[:FOR*0..1]->(paper)<-[:REVIEWED|APPROVED]-(who:Person)
      WHERE who = official AND coalesce(paper.result, '同意') = '同意' | p] AS signatures
WHERE (size(powers) > 0 OR (size(signatures) > 0 AND size(posts) > 0))
OPTIONAL MATCH (register:Register {key: programme.register})
WITH *,
     [p = (official)-[:DECLARED]-(who:Person) WHERE who = relative | p] AS declarations,
     // A register may list one member for the family.
     [p = (relative)-[:MEMBER_OF]->(:Household)<-[:MEMBER_OF]-(:Person)-[entry:ON_REGISTER]->(on:Register)
      WHERE on.key = programme.register AND coalesce(programme.target, '家庭') = '家庭'
        AND entry.from <= payment.date + duration({days: $grace_days}) AND payment.date < entry.to + duration({days: $grace_days})
      | p] AS shared
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on
RETURN official, relative, programme, payment, village,
       [p IN shared | nodes(p)[2]] AS member,
       kin.term AS term, kin.basis AS basis,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN powers | relationships(p)[0].by] + CASE WHEN size(signatures) > 0 THEN ['签字'] ELSE [] END AS power,
       programme.register AS listing, payment.amount AS amount, payment.date AS day, decided, declared_on,
       CASE WHEN register IS NULL OR size(shared) > 0 THEN 'verify' ELSE 'high' END AS level,
       {in_post: 'for', kin: 'for',
        listed: CASE WHEN register IS NULL THEN 'missing' ELSE 'for' END,
        household: CASE WHEN coalesce(programme.target, '家庭') <> '家庭' THEN null WHEN size(shared) > 0 THEN 'against'
                        WHEN relative.household IS NULL THEN 'missing' ELSE 'for' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [kinship, received] + powers + signatures AS evidence,
       posts + declarations + shared + [p = (payment)-[:UNDER|FOR]->() | p] AS context
