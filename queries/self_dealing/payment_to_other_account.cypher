// From the accounts of those in charge of a village, or kin of one, to the payments of other people that reached them.
MATCH (holder:Person)
WHERE EXISTS { (holder)-[:IN_CHARGE]->() } OR EXISTS { (holder)<-[:KIN]-(:Official) }
WITH *
MATCH reached = (holder)<-[:HELD_BY]-(account:Account)<-[:INTO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH received = (payment)-[:TO]->(beneficiary:Person)
WHERE beneficiary <> holder AND coalesce(beneficiary.household <> holder.household, true)
WITH *
WHERE NOT EXISTS {
  MATCH (holder)-[tie:KIN]-(related:Person)
  WHERE related = beneficiary AND tie.from <= payment.date < tie.to
}
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
WITH *, coalesce(payment.village, application.village, beneficiary.village) AS place
MATCH link = (holder)<-[:KIN*0..1]-(official:Official)
WHERE all(kin IN relationships(link) WHERE kin.degree <= $max_degree AND kin.from <= payment.date < kin.to)
MATCH power = (official)-[charge:IN_CHARGE]->(village:Village)
WHERE village.key = place AND charge.from <= payment.date < charge.to
WITH *,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= payment.date < post.to | p] AS posts,
     [p = (holder)-[entry:ON_REGISTER]->(register:Register)
      WHERE (register.name CONTAINS '照料' OR register.name CONTAINS '监护') AND entry.from <= payment.date < entry.to | p] AS care,
     [p = (holder)-[:DECLARED]-(who:Person) WHERE who = official | p] AS declarations
WITH *, [p IN declarations WHERE relationships(p)[0].date <= payment.date | relationships(p)[0].date] AS declared_on
MATCH (programme:Programme {key: payment.programme})
RETURN holder, beneficiary, account, programme, payment, village,
       CASE WHEN official <> holder THEN official END AS official,
       relationships(link)[0].term AS term,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       charge.by AS power,
       payment.amount AS amount, payment.date AS day, declared_on,
       CASE WHEN size(care) > 0 THEN 'low' WHEN NOT coalesce(beneficiary.identified, true) THEN 'verify' ELSE 'high' END AS level,
       {power: 'for',
        household: CASE WHEN holder.household IS NULL OR beneficiary.household IS NULL THEN 'missing' ELSE 'for' END,
        kin: 'for',
        carer: CASE WHEN size(care) > 0 THEN 'against' ELSE 'for' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' END,
        beneficiary: CASE WHEN NOT coalesce(beneficiary.identified, true) THEN 'missing' END} AS checks,
       [reached, received, link, power] AS evidence,
       posts + care + declarations + [p = (payment)-[:UNDER]->() | p] AS context
