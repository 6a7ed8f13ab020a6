// Method: Open Contracting Partnership, Red flags in public procurement, R018 (as Cardinal works it out).
MATCH (project:Project)
WHERE project.tenderers = 1 AND project.procurement_method IN split($methods, '|')
  AND coalesce(project.tender_status, '') <> 'cancelled' AND coalesce(project.tender_to, $as_of) <= $as_of
OPTIONAL MATCH placed = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
WHERE NOT coalesce(bid.status IN ['invited', 'withdrawn'], false)
WITH project, collect(placed) AS bids, collect(DISTINCT bidder) AS bidders
WITH project, bids, size(bidders) AS on_record, [bidder IN bidders | coalesce(bidder.name, bidder.key)] AS names
RETURN project, project.procurement_method AS method, on_record, names, project.amount AS amount, project.tender_to AS day,
       CASE WHEN on_record > 1 THEN 'verify' ELSE 'medium' END AS level,
       {bids: CASE on_record WHEN 0 THEN 'missing' WHEN 1 THEN 'for' ELSE 'against' END} AS checks,
       bids + [p = (project)<-[:BUYS|RUNS]-() | p] AS evidence,
       [p = (project)<-[:OF]-(:Award)-[:AWARDED_TO]->() | p] AS context
