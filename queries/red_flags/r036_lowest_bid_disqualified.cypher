// Method: Open Contracting Partnership, Red flags in public procurement, R036 (as Cardinal works it out, here within one lot).
MATCH (project:Project)
MATCH (project)<-[:OF]-(award:Award)
WHERE award.status = 'active' AND coalesce(award.date, $as_of) <= $as_of
  AND coalesce(project.tender_status, '') <> 'cancelled'
  AND NOT coalesce(project.procurement_method_details IN split($no_price_comparison, '|'), false)
WITH project, max(award.date) AS day
MATCH placed = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)
WHERE NOT coalesce(bid.status IN ['invited', 'withdrawn'], false) AND bid.value > 0
WITH project, day, lot, placed, bid ORDER BY bid.value, bid.status
WITH project, day, lot, collect(bid) AS bids, collect(placed) AS placed, count(DISTINCT coalesce(bid.currency, '')) AS currencies
WITH *, bids[0] AS lowest, [bid IN bids WHERE bid.status = 'valid'][0] AS accepted
WHERE currencies = 1 AND lowest.status = 'disqualified' AND accepted IS NOT NULL
RETURN project, lot, lot.name AS lot_name, lowest.value AS price, accepted.value AS accepted_price,
       lowest.currency AS currency, [(lowest)<-[:PLACED]-(bidder:Company) | coalesce(bidder.name, bidder.key)] AS names,
       lowest.price AS amount, day, 'medium' AS level,
       {lowest: CASE WHEN accepted.value > lowest.value THEN 'for' ELSE 'against' END,
        criteria: CASE WHEN project.award_criteria IS NULL THEN 'missing'
                       WHEN project.award_criteria IN ['priceOnly', 'costOnly', 'lowestCost'] THEN 'for' ELSE 'against' END} AS checks,
       placed + [p = (lowest)<-[:PLACED]-() | p] AS evidence,
       [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] + [p = (project)<-[:OF]-(:Award)-[:AWARDED_TO]->() | p] AS context
