// From the officials to their own companies, the contracts and payments of these, and to the project under their charge.
MATCH (official:Person)
// Nothing but a short cut: few people are in charge of anything, and `power` is matched below.
WHERE EXISTS { (official)-[:IN_CHARGE]->() }
MATCH held = (official)-[role:HAS_ROLE]->(company:Company)
WHERE role.role IN ['法定代表人', '股东', '经理', '董事', '财务负责人']
MATCH (company)-[:AWARDED_TO|PLACED|PAYS]-(event:Contract|Bid|Voucher)
WHERE coalesce(event.won, true) AND coalesce(event.signed, event.opened, event.announced, event.date, $as_of) <= $as_of
OPTIONAL MATCH (event)-[:UNDER_CONTRACT]->(agreed:Contract)
MATCH (project:Project {key: coalesce(event.project, agreed.project)})
WITH official, held, role, company, project, collect(DISTINCT event) AS events
WITH *, [e IN events WHERE e:Contract] AS signed, [e IN events WHERE e:Bid] AS won, [e IN events WHERE e:Voucher] AS paid
// What decides: the signing, else the award, else the first payment; only that is counted, so no money counts twice.
WITH *, CASE WHEN size(signed) > 0 THEN signed ELSE paid END AS deciding,
     reduce(first = null, b IN won | coalesce(first, b.opened, b.announced)) AS awarded,
     reduce(first = null, v IN paid | CASE WHEN first <= v.date THEN first ELSE v.date END) AS first_paid
UNWIND deciding AS event
WITH *, coalesce(event.signed, awarded, first_paid) AS decided
WHERE role.from <= decided < role.to
MATCH power = (official)-[charge:IN_CHARGE]->(project)
WHERE charge.from <= decided < charge.to
OPTIONAL MATCH (village:Village {key: project.village})
WITH *, [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts
WHERE size(posts) > 0 OR NOT EXISTS { (official)-[:HOLDS_POST]->() }
RETURN official, company, project, event, village,
       role.role AS role, role.share / 100 AS share,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       charge.by AS power,
       event.amount AS amount, coalesce(event.date, decided) AS day, decided,
       CASE WHEN size(posts) > 0 THEN 'high' ELSE 'verify' END AS level,
       {in_post: CASE WHEN size(posts) > 0 THEN 'for' ELSE 'missing' END, role_that_day: 'for', competition: CASE WHEN size(won) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [held, power]
         + [p = (event)-[:AWARDED_TO|PAYS]->(firm:Company) WHERE firm = company | p]
         + [p = (event)-[:CARRIES_OUT|FOR_PROJECT|UNDER_CONTRACT*1..2]->(place:Project) WHERE place = project | p] AS evidence,
       posts AS context
