// From the officials over their kin to the registers of posts the kin are on; the first day on the register decides.
MATCH (official:Official)
MATCH kinship = (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
WITH *
MATCH entered = (relative)-[entry:ON_REGISTER]->(register:Register)
WHERE any(word IN split($registers, ';') WHERE register.key CONTAINS word)
  AND coalesce(entry.from, $as_of) <= $as_of
  AND kin.from <= entry.from < kin.to
OPTIONAL MATCH (village:Village {key: coalesce(entry.village, relative.village)})
WITH *, entry.from AS decided
WITH *,
     [p = (official)-[charge:IN_CHARGE]->(village) WHERE charge.from <= decided < charge.to | p]
       + [p = (official)-[charge:IN_CHARGE]->(served:Programme)
          WHERE served.register = register.key AND charge.from <= decided < charge.to | p] AS powers,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts,
     [p = (official)-[:DECLARED]-(who:Person) WHERE who = relative | p] AS declarations
WHERE size(powers) > 0
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on
OPTIONAL MATCH received = (relative)<-[:TO]-(payment:Payment)-[:UNDER]->(programme:Programme)
WHERE programme.register = register.key AND entry.from <= payment.date < entry.to
  AND coalesce(payment.date, $as_of) <= $as_of
RETURN official, relative, register, payment, programme, village,
       kin.term AS term, kin.basis AS basis,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN powers | relationships(p)[0].by] AS power,
       payment.amount AS amount, coalesce(payment.date, decided) AS day, decided, declared_on,
       CASE WHEN size(declared_on) > 0 THEN 'low' ELSE 'medium' END AS level,
       {in_post: 'for', kin: 'for',
        paid: CASE WHEN payment IS NULL THEN 'missing' ELSE 'for' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [kinship, entered, received] + powers AS evidence,
       posts + declarations AS context
