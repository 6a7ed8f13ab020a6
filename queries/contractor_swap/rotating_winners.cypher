// From a firm to the lots it bid for, and to whoever bid there too. The firm with the first code stands for the group.
MATCH (group:Company)
MATCH (group)-[:PLACED]->(mine:Bid)-[:FOR_LOT]->(lot:Lot)
WHERE coalesce(mine.opened, mine.announced, $as_of) <= $as_of
WITH group, collect(DISTINCT lot) AS own_lots
MATCH (group)-[:PLACED]->(:Bid)-[:FOR_LOT]->(lot:Lot)<-[:FOR_LOT]-(theirs:Bid)<-[:PLACED]-(other:Company)
WHERE coalesce(theirs.opened, theirs.announced, $as_of) <= $as_of
WITH group, own_lots, other, collect(DISTINCT lot) AS common, max(coalesce(theirs.opened, theirs.announced)) AS day
WITH group, other,
     size(own_lots) = size(common) AND size(common) = COUNT {
       MATCH (other)-[:PLACED]->(bid:Bid)-[:FOR_LOT]->(whole:Lot)
       WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of RETURN DISTINCT whole
     } AS together,
     EXISTS {
       MATCH (group)-[roles:HAS_ROLE*2..4]-(firm:Company)
       WHERE firm = other AND all(role IN roles WHERE coalesce(role.from <= day < role.to, true))
     } OR EXISTS {
       MATCH (group)<-[here:HAS_ROLE]-(:Person)-[kin:KIN]-(:Person)-[there:HAS_ROLE]->(firm:Company)
       WHERE firm = other AND here.role = '法定代表人' AND there.role = '法定代表人' AND kin.degree <= $max_degree
         AND coalesce(here.from <= day < here.to AND there.from <= day < there.to AND kin.from <= day < kin.to, true)
     } AS linked
UNWIND CASE WHEN together THEN ['together'] ELSE [] END + CASE WHEN linked THEN ['linked'] ELSE [] END AS kind
WITH group, kind, collect(other) AS others
WHERE size(others) + 1 >= $min_firms AND none(other IN others WHERE other.key < group.key)
WITH group, kind, [group] + others AS members
UNWIND members AS member
MATCH (member)-[:PLACED]->(bid:Bid)-[:FOR_LOT]->(lot:Lot)
WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of
// Lots for which two or more of them bid.
WITH group, kind, members, lot, count(DISTINCT member) AS of_them
WHERE of_them > 1
WITH group, kind, members, collect(lot) AS shared
WHERE size(shared) >= $min_lots
UNWIND shared AS lot
MATCH won = (lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(winner:Company)
WHERE bid.won AND winner IN members
WITH group, kind, members, shared, collect(DISTINCT winner) AS winners, collect({lot: lot, bid: bid, won: won}) AS wins
WHERE size(winners) = size(members)
// Few firms: nobody else ever bids where the same units let works.
WITH *, EXISTS { MATCH (l:Lot)-[:OF]->(:Project)<-[:RUNS]-(:Unit) WHERE l IN shared } AS known,
     COUNT {
       MATCH (l:Lot)-[:OF]->(:Project)<-[:RUNS]-(unit:Unit)
       WHERE l IN shared
       MATCH (unit)-[:RUNS]->(:Project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(theirs:Bid)<-[:PLACED]-(stranger:Company)
       WHERE NOT stranger IN members AND coalesce(theirs.opened, theirs.announced, $as_of) <= $as_of
       RETURN DISTINCT stranger
     } AS outsiders
// Null model: whoever bids for a lot is as likely to win it. The lots won by the group are then a sum of unequal draws (S. D. Poisson,
// Recherches sur la probabilité des jugements, 1837), whose distribution is built up lot by lot.
WITH *, COLLECT { UNWIND wins AS win RETURN DISTINCT win.lot } AS won_lots,
     COLLECT {
       UNWIND shared AS lot
       MATCH (lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
       WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of
       WITH lot, collect(DISTINCT bidder) AS bidders
       RETURN 1.0 * size([bidder IN bidders WHERE bidder IN members]) / size(bidders)
     } AS chances
WITH *, reduce(sum = 0.0, chance IN chances | sum + chance) AS expected,
     reduce(known = [1.0], chance IN chances |
       [i IN range(0, size(known)) | coalesce(known[i], 0.0) * (1 - chance) + coalesce(([0.0] + known)[i], 0.0) * chance]) AS spread
WITH *, reduce(tail = 0.0, i IN range(size(won_lots), size(chances)) | tail + spread[i]) AS chance
UNWIND wins AS win
RETURN group, members, win.lot AS lot, size(shared) AS lots, outsiders,
       size(won_lots) AS observed, toString(round(expected, 1)) AS expected, chance,
       CASE kind WHEN 'together' THEN '总是一起投标' ELSE '彼此关联' END AS how,
       CASE kind WHEN 'together' THEN 'always bid together' ELSE 'are linked' END AS how_en,
       win.bid.price AS amount, coalesce(win.bid.opened, win.bid.announced) AS day,
       CASE WHEN known AND outsiders = 0 THEN 'low' WHEN any(firm IN members WHERE firm.key STARTS WITH '名称:') THEN 'verify'
            ELSE 'medium' END AS level,
       {everybody_won: 'for',
        chance: 'for',
        together: CASE WHEN kind = 'together' THEN 'for' END,
        linked: CASE WHEN kind = 'linked' THEN 'for' END,
        market: CASE WHEN NOT known THEN 'missing' WHEN outsiders = 0 THEN 'against' ELSE 'for' END,
        identified: CASE WHEN any(firm IN members WHERE firm.key STARTS WITH '名称:') THEN 'missing' END} AS checks,
       [win.won] AS evidence,
       [p = (group)-[:PLACED]->(:Bid)-[:FOR_LOT]->(l:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-(firm:Company)
        WHERE l IN shared AND firm IN members | p] + [p = (group)<-[:HAS_ROLE]-(:Person)-[:HAS_ROLE]->(firm:Company) WHERE firm IN members | p]
         AS context
