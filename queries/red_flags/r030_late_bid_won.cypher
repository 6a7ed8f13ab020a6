// Method: Open Contracting Partnership, Red flags in public procurement, R030 (as Cardinal works it out). By the moment in UTC;
// where the publisher gives no hour, by the day.
MATCH (project:Project)
MATCH placed = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(winner:Company)
WHERE bid.status = 'valid' AND bid.won
  AND coalesce(bid.submitted_at > project.tender_to_at, bid.submitted > project.tender_to)
  AND coalesce(project.tender_status, '') <> 'cancelled' AND coalesce(bid.submitted, $as_of) <= $as_of
WITH *, EXISTS {
  MATCH (winner)-[:PLACED]->(earlier:Bid)-[:FOR_LOT]->(same:Lot)
  WHERE same = lot AND earlier.status = 'valid'
    AND coalesce(earlier.submitted_at <= project.tender_to_at, earlier.submitted <= project.tender_to)
} AS timely
RETURN project, bid, winner, lot.name AS lot_name,
       project.tender_to AS deadline, bid.submitted AS submitted, bid.price AS amount, bid.submitted AS day, 'medium' AS level,
       {late: 'for', timely: CASE WHEN timely THEN 'against' ELSE 'for' END} AS checks,
       [placed] + [p = (project)<-[:OF]-(:Award {status: 'active'})-[:AWARDED_TO]->() | p] AS evidence,
       [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] + [p = (project)<-[:BUYS|RUNS]-() | p] AS context
