// From the project to the bids let in a way that stands further down the ladder than the approved one.
MATCH (project:Project)
WHERE project.emergency_no IS NULL
WITH project, {公开招标: 1, 邀请招标: 2, 竞争性谈判: 3, 询价: 4, 一事一议: 5, 直接委托: 6} AS steps
MATCH letting = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(:Company)
WHERE steps[bid.method] > steps[project.method]
  AND coalesce(bid.opened, bid.announced, $as_of) <= $as_of
  // The winner's way counts; while nobody has won, that of whoever is still in the running.
  AND (bid.won OR (bid.rejected IS NULL AND NOT EXISTS {
    MATCH (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(other:Bid) WHERE other.won
  }))
  // A tender as approved that failed: of this lot, or of one that was never let under its own number.
  AND NOT EXISTS {
    MATCH (project)<-[:OF]-(tried:Lot)<-[:FOR_LOT]-(failed:Bid)
    WHERE steps[failed.method] <= steps[project.method]
      AND coalesce(failed.opened, failed.announced, $as_of) <= $as_of
      AND (tried = lot OR NOT EXISTS { MATCH (tried)<-[:FOR_LOT]-(any:Bid) WHERE any.won })
      AND NOT EXISTS { MATCH (tried)<-[:FOR_LOT]-(won:Bid) WHERE won.won AND steps[won.method] <= steps[project.method] }
      AND (failed.rejected CONTAINS '流标'
           OR NOT EXISTS { (failed)<-[:PLACED]-() }
           OR NOT EXISTS { MATCH (tried)<-[:FOR_LOT]-(valid:Bid) WHERE valid.rejected IS NULL AND steps[valid.method] <= steps[project.method] })
  }
WITH project, collect(letting) AS lettings, collect(DISTINCT bid.method) AS executed,
     min(coalesce(bid.opened, bid.announced)) AS let_on
OPTIONAL MATCH signed = (project)<-[:CARRIES_OUT]-(contract:Contract)
WHERE coalesce(contract.signed, $as_of) <= $as_of
OPTIONAL MATCH awarded = (contract)-[:AWARDED_TO]->(contractor:Company)
OPTIONAL MATCH (signer:Person)-[:SIGNED]->(contract)
OPTIONAL MATCH (village:Village {key: project.village})
RETURN project, contract, contractor, signer, village, project.method AS approved, executed, let_on,
       coalesce(contract.amount, project.amount) AS amount, coalesce(contract.signed, let_on) AS day,
       'high' AS level,
       {method: 'for', failed_tender: 'for', emergency: 'for'} AS checks,
       lettings AS evidence,
       [p IN [signed, awarded] WHERE p IS NOT NULL] + [p = (contract)<-[:SIGNED]-() | p] AS context
