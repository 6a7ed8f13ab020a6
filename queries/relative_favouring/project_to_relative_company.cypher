// From the officials over their kin to the kin's companies, their contracts, awards and payments, and to the project.
MATCH (official:Person)
// Nothing but a short cut: few people are in charge of anything, and `power` is matched below.
WHERE EXISTS { (official)-[:IN_CHARGE]->() }
MATCH kinship = (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
MATCH held = (relative)-[role:HAS_ROLE]->(company:Company)
MATCH (company)-[:AWARDED_TO|PLACED|PAYS]-(event:Contract|Bid|Voucher)
WHERE coalesce(event.won, true) AND coalesce(event.signed, event.opened, event.announced, event.date, $as_of) <= $as_of
OPTIONAL MATCH (event)-[:UNDER_CONTRACT]->(agreed:Contract)
MATCH (project:Project {key: coalesce(event.project, agreed.project)})
WITH official, kinship, kin, relative, held, role, company, project, collect(DISTINCT event) AS events,
     min(event.date) AS first_paid  // only a payment has a `date`
WITH *, [e IN events WHERE e:Contract] AS signed, [e IN events WHERE e:Bid] AS won
// What decides: the signing, else the award, else the first payment; only that is counted, so no money counts twice.
WITH *, CASE WHEN size(signed) > 0 THEN signed WHEN size(won) > 0 THEN won ELSE events END AS deciding
UNWIND deciding AS event
WITH *, coalesce(event.signed, event.opened, event.announced, first_paid, project.approved_on) AS decided
WHERE kin.from <= decided < kin.to AND role.from <= decided < role.to
MATCH power = (official)-[charge:IN_CHARGE]->(project)
WHERE charge.from <= decided < charge.to
OPTIONAL MATCH (village:Village {key: project.village})
WITH *,
     [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts,
     [p = (official)-[:DECLARED]-(who:Person) WHERE who = relative | p] AS declarations,
     role.role IN ['法定代表人', '经理', '董事', '财务负责人'] OR (role.role = '股东' AND coalesce(role.share, 0) >= $min_share) AS leading
WHERE size(posts) > 0 OR NOT EXISTS { (official)-[:HOLDS_POST]->() }
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on
RETURN official, relative, company, project, event, village,
       kin.term AS term, kin.basis AS basis, role.role AS role, role.share / 100 AS share,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       charge.by AS power,
       coalesce(event.price, event.amount) AS amount, coalesce(event.date, decided) AS day, decided, declared_on,
       CASE WHEN size(declared_on) > 0 THEN 'low' WHEN size(posts) = 0 THEN 'verify' WHEN leading THEN 'high' ELSE 'medium' END AS level,
       {in_post: CASE WHEN size(posts) > 0 THEN 'for' ELSE 'missing' END, kin: 'for',
        role: CASE WHEN leading THEN 'for' ELSE 'against' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [kinship, held, power]
         + [p = (event)-[:AWARDED_TO|PLACED|PAYS]-(firm:Company) WHERE firm = company | p]
         + [p = (event)-[:CARRIES_OUT|FOR_LOT|OF|FOR_PROJECT|UNDER_CONTRACT*1..2]->(place:Project) WHERE place = project | p] AS evidence,
       posts + declarations AS context
