// Method: Open Contracting Partnership, Red flags in public procurement, R035 (as Cardinal works it out).
MATCH (project:Project)
MATCH (project)<-[:OF]-(award:Award)
WHERE coalesce(project.tender_status, '') <> 'cancelled' AND coalesce(award.date, $as_of) <= $as_of
OPTIONAL MATCH (award)-[:AWARDED_TO]->(supplier:Company)
WITH project, collect(DISTINCT award) AS awards, collect(DISTINCT CASE WHEN award.status = 'active' THEN supplier END) AS suppliers
WHERE all(award IN awards WHERE award.status IN ['active', 'cancelled', 'unsuccessful'])
MATCH placed = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
WITH project, awards, suppliers, collect(placed) AS bids,
     collect(DISTINCT CASE WHEN bid.status = 'valid' THEN bidder END) AS valid,
     collect(DISTINCT CASE WHEN bid.status = 'disqualified' THEN bidder END) AS disqualified,
     collect(DISTINCT CASE WHEN bid.status = 'pending' OR bid.status IS NULL THEN bidder END) AS undecided
// The suppliers of all active awards are the one tenderer whose bids were not disqualified.
WHERE size(valid) = 1 AND suppliers = [valid[0]]
WITH *, valid[0] AS winner, [other IN disqualified WHERE other <> valid[0]] AS others
WHERE size(others) >= $min_rejected
UNWIND [award IN awards WHERE award.status = 'active'] AS award
RETURN project, award, winner, size(others) AS rejected, [other IN others | coalesce(other.name, other.key)] AS names,
       award.amount AS amount, award.date AS day, 'medium' AS level,
       {rejected: 'for', undecided: CASE WHEN size(undecided) > 0 THEN 'against' END} AS checks,
       bids + [p = (project)<-[:OF]-(:Award {status: 'active'})-[:AWARDED_TO]->() | p] AS evidence,
       [p = (project)<-[:BUYS|RUNS]-() | p] AS context
