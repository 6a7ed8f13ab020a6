// From the lot to each two of its bidders, and to what they share on the day of the tender.
MATCH (lot:Lot)
MATCH one = (lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
MATCH two = (lot)<-[:FOR_LOT]-(bid_too:Bid)<-[:PLACED]-(other_bidder:Company)
WHERE bidder.key < other_bidder.key
  AND coalesce(bid.opened, bid.announced, $as_of) <= $as_of AND coalesce(bid_too.opened, bid_too.announced, $as_of) <= $as_of
WITH *, coalesce(bid.opened, bid_too.opened, bid.announced, bid_too.announced) AS day
WITH *,
     [p = (bidder)<-[here:HAS_ROLE]-(:Person)-[there:HAS_ROLE]->(firm:Company)
      WHERE firm = other_bidder AND coalesce(here.from <= day < here.to, true) AND coalesce(there.from <= day < there.to, true) | p] AS people,
     [p = (bid)-[:DEPOSIT_FROM]->(account:Account)<-[:DEPOSIT_FROM]-(with:Bid)
      WHERE with = bid_too
        AND COUNT { MATCH (account)<-[:DEPOSIT_FROM]-(:Bid)<-[:PLACED]-(user:Company) RETURN DISTINCT user } <= $hub_cap | p]
     + [p = (bid)-[:DEPOSIT_FROM]->(:Account)-[:HELD_BY]->(firm:Company) WHERE firm = other_bidder | p]
     + [p = (bid_too)-[:DEPOSIT_FROM]->(:Account)-[:HELD_BY]->(firm:Company) WHERE firm = bidder | p] AS accounts,
     [p = (bidder)<-[here:HAS_ROLE]-(:Person)-[kin:KIN]-(:Person)-[there:HAS_ROLE]->(firm:Company)
      WHERE firm = other_bidder AND here.role = '法定代表人' AND there.role = '法定代表人' AND kin.degree <= $max_degree
        AND coalesce(here.from <= day < here.to, true) AND coalesce(there.from <= day < there.to, true)
        AND coalesce(kin.from <= day < kin.to, true) | p] AS kin,
     [phone IN [bid.phone, bidder.phone] WHERE phone IN [bid_too.phone, other_bidder.phone]] AS phones
// Who else uses a phone or address is known by the number only; few lots get this far.
WITH *,
     [phone IN phones WHERE COUNT {
        MATCH (user:Company) WHERE user.phone = phone OR EXISTS { MATCH (user)-[:PLACED]->(own:Bid) WHERE own.phone = phone }
      } <= $hub_cap] AS own_phones,
     [address IN [bidder.address] WHERE address = other_bidder.address
      AND COUNT { MATCH (user:Company) WHERE user.address = address } <= $hub_cap] AS addresses
WHERE size(people) + size(accounts) + size(kin) + size(own_phones) + size(addresses) > 0
MATCH (lot)-[:OF]->(project:Project)
OPTIONAL MATCH (village:Village {key: project.village})
WITH *, bidder.key STARTS WITH '名称:' OR other_bidder.key STARTS WITH '名称:' AS unsure,
     day IS NULL AND size(people) + size(kin) > 0 AS undated
RETURN lot, bidder, other_bidder, [p IN people + kin | nodes(p)[1]] AS person, project, village,
       CASE WHEN lot.name <> '' THEN lot.name END AS lot_name,
       [link IN [CASE WHEN size(people) > 0 THEN '同一人任职或持股' END, CASE WHEN size(accounts) > 0 THEN '同一账户' END,
                 CASE WHEN size(kin) > 0 THEN '负责人是近亲属' END, CASE WHEN size(own_phones) > 0 THEN '同一电话' END,
                 CASE WHEN size(addresses) > 0 THEN '同一住所' END] WHERE link IS NOT NULL] AS links,
       [link IN [CASE WHEN size(people) > 0 THEN 'a person in both' END, CASE WHEN size(accounts) > 0 THEN 'one account' END,
                 CASE WHEN size(kin) > 0 THEN 'representatives next of kin' END, CASE WHEN size(own_phones) > 0 THEN 'one phone' END,
                 CASE WHEN size(addresses) > 0 THEN 'one address' END] WHERE link IS NOT NULL] AS links_en,
       CASE WHEN bid.won THEN bid.price WHEN bid_too.won THEN bid_too.price END AS amount, day,
       CASE WHEN unsure OR undated THEN 'verify' WHEN size(people) + size(accounts) > 0 THEN 'high' ELSE 'medium' END AS level,
       {person: CASE WHEN size(people) > 0 THEN 'for' END,
        account: CASE WHEN size(accounts) > 0 THEN 'for' END,
        phone: CASE WHEN size(own_phones) > 0 THEN 'for' END,
        address: CASE WHEN size(addresses) > 0 THEN 'for' END,
        kin: CASE WHEN size(kin) > 0 THEN 'for' END,
        on_the_day: CASE WHEN undated THEN 'missing' END,
        identified: CASE WHEN unsure THEN 'missing' END} AS checks,
       [one, two] + people + accounts + kin AS evidence,
       [p = (lot)-[:OF]->() | p] AS context
