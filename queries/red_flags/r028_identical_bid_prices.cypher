// Method: Open Contracting Partnership, Red flags in public procurement, R028 (as Cardinal works it out, here within one lot).
MATCH (project:Project)
MATCH placed = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
WHERE coalesce(project.tender_status, '') <> 'cancelled' AND coalesce(project.tender_to, $as_of) <= $as_of
  AND NOT coalesce(project.procurement_method_details IN split($no_price_comparison, '|'), false)
  AND NOT coalesce(bid.status IN ['invited', 'withdrawn'], false) AND bid.value > 0
WITH project, lot, bid, bidder, placed ORDER BY bidder.key
WITH project, lot, bid, collect(bidder) AS bidders, collect(placed) AS placed
WITH project, lot, bid.value AS price, bid.currency AS currency, max(bid.price) AS amount, collect(bidders) AS parties,
     reduce(paths = [], some IN collect(placed) | paths + some) AS placed
// The same firms, alone or jointly in any order, are one tenderer.
WHERE any(party IN parties WHERE party <> parties[0])
WITH *, [one IN [{value: lot.value, currency: lot.currency}, {value: project.value, currency: project.currency}] WHERE one.value > 0] AS estimates
UNWIND parties AS party
UNWIND party AS bidder
WITH project, lot, price, currency, amount, placed, estimates, collect(DISTINCT bidder) AS bidders
RETURN project, lot, bidders, price, currency, amount, project.tender_to AS day, 'medium' AS level,
       {identical: 'for',
        ceiling: CASE WHEN estimates = [] THEN 'missing'
                      WHEN {value: price, currency: currency} IN estimates THEN 'against' ELSE 'for' END} AS checks,
       placed AS evidence,
       [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] + [p = (project)<-[:OF]-(:Award)-[:AWARDED_TO]->() | p] AS context
