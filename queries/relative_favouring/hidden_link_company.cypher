// From the officials over their households to accounts and houses, and to the companies with the same phone, account or address.
// Phones and addresses are looked up by an index: nothing but the text ties two holders of one.
MATCH (official:Official)
MATCH home = (official)-[:MEMBER_OF*0..2]-(member:Person)
WITH *
MATCH own = (member)-[held:HELD_BY|OWNS]-(thing:Account|Property)
WHERE coalesce(held.from, thing.opened, $as_of) <= $as_of
WITH *
UNWIND CASE WHEN thing:Property THEN ['address'] ELSE ['phone', 'account'] END AS kind
WITH *, CASE kind WHEN 'address' THEN thing.address WHEN 'phone' THEN thing.phone ELSE thing.key END AS value
WITH *,
     CASE kind
       WHEN 'phone' THEN COLLECT { MATCH (firm:Company {phone: value}) RETURN firm
                                   UNION MATCH (bid:Bid {phone: value})<-[:PLACED]-(firm:Company)
                                         WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of RETURN firm
                                   UNION MATCH (:Account {phone: value})-[:HELD_BY]->(firm:Company) RETURN firm }
       WHEN 'address' THEN COLLECT { MATCH (firm:Company {address: value}) RETURN firm }
       ELSE COLLECT { MATCH (thing)<-[:DEPOSIT_FROM]-(bid:Bid)<-[:PLACED]-(firm:Company)
                     WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of RETURN DISTINCT firm }
     END AS firms,
     CASE kind
       WHEN 'phone' THEN COUNT { MATCH (:Account {phone: value})-[:HELD_BY]->(somebody:Person) RETURN DISTINCT somebody }
       WHEN 'address' THEN COUNT { MATCH (:Property {address: value})<-[:OWNS]-(somebody:Person) RETURN DISTINCT somebody }
       ELSE COUNT { MATCH (thing)-[:HELD_BY]->(somebody:Person) RETURN DISTINCT somebody }
     END AS people
WITH *, size(firms) + people AS holders
WHERE holders <= $hub_cap
UNWIND firms AS company
WITH * WHERE company.identified AND coalesce(company.founded, $as_of) <= $as_of
  // A house counts while the firm existed, and an official whose post did.
  AND coalesce(company.founded < held.to, true) AND coalesce(held.from < company.cancelled, true)
WITH *,
     [p = (official)-[post:HOLDS_POST]->()
      WHERE coalesce(company.founded < post.to, true) AND coalesce(post.from < company.cancelled, true) | p] AS posts,
     [p = (official)-[:MEMBER_OF*0..2]-(:Person)-[:HAS_ROLE]->(firm:Company) WHERE firm = company | p] AS roles,
     [p = (company)-[:PLACED]->(bid:Bid) WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of | p] AS tries
WHERE size(posts) > 0
MATCH alone = (company)
RETURN official, company, kind, member,
       CASE kind WHEN 'phone' THEN '电话' WHEN 'address' THEN '地址' ELSE '账户' END AS how,
       CASE kind WHEN 'phone' THEN 'phone' WHEN 'address' THEN 'address' ELSE 'account' END AS how_en,
       CASE kind WHEN 'phone' THEN thing.phone_masked WHEN 'address' THEN thing.address ELSE thing.number_masked END AS clue,
       holders,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN roles | nodes(p)[-2]] AS insider,
       size(tries) AS tenders,
       CASE WHEN size(roles) > 0 THEN 'low' ELSE 'medium' END AS level,
       {shared: 'for',
        role: CASE WHEN size(roles) > 0 THEN 'against' ELSE 'for' END,
        household: CASE WHEN official.household IS NULL THEN 'missing' ELSE 'for' END,
        tenders: CASE WHEN size(tries) > 0 THEN 'for' ELSE 'against' END} AS checks,
       [home, own, alone] + [p = (thing)<-[:DEPOSIT_FROM]-(:Bid)<-[:PLACED]-(firm:Company) WHERE kind = 'account' AND firm = company | p]
         + [p = (firm:Company)-[:PLACED]->(bid:Bid) WHERE kind = 'phone' AND firm = company AND bid.phone = value | p] AS evidence,
       posts + roles + tries AS context
