// From the contract to its changes of contractor without approval; the newcomer must not be the next candidate or a winner.
MATCH (contract:Contract)
MATCH changing = (contract)<-[:CHANGES]-(change:ContractChange)-[:NEW_CONTRACTOR]->(new:Company)
WHERE change.kind = '承包商' AND change.approval_no IS NULL AND coalesce(change.date, contract.signed) <= $as_of
MATCH (contract)-[:AWARDED_TO]->(contractor:Company)
OPTIONAL MATCH (change)-[:OLD_CONTRACTOR]->(named:Company)
WITH *, coalesce(named, contractor) AS old
WHERE old <> new AND NOT (
  (old.key STARTS WITH '名称:' OR new.key STARTS WITH '名称:')
  AND (coalesce(old.name = new.name, false) OR coalesce(old.name IN new.former_names, false) OR coalesce(new.name IN old.former_names, false)))
MATCH (project:Project {key: contract.project})
OPTIONAL MATCH (village:Village {key: project.village})
WITH *,
     [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-(firm:Company) WHERE firm = new | p] AS tries,
     [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(firm:Company) WHERE bid.won OR firm = old | p] AS before
WHERE NOT any(p IN tries WHERE nodes(p)[2].won)
  // Next in line: of the bids of a lot behind the winner's or the old contractor's, none stands before the newcomer's.
  AND NOT any(p IN tries WHERE nodes(p)[2].rejected IS NULL AND any(q IN before WHERE
    nodes(q)[1] = nodes(p)[1] AND coalesce(nodes(p)[2].rank, 0) > coalesce(nodes(q)[2].rank, 1)
    AND NOT EXISTS {
      MATCH (lot:Lot)<-[:FOR_LOT]-(other:Bid)
      WHERE lot = nodes(p)[1] AND NOT other.won AND other.rejected IS NULL
        AND other.rank > coalesce(nodes(q)[2].rank, 1) AND other.rank < nodes(p)[2].rank
    }))
WITH *, [p IN tries WHERE nodes(p)[2].rank IS NOT NULL | nodes(p)[2].rank] AS new_rank
RETURN contract, old, new, project, change, village,
       change.reason AS reason, new_rank,
       contract.amount AS amount, coalesce(change.date, contract.signed) AS day, coalesce(change.date, contract.signed) AS changed,
       CASE WHEN old.key STARTS WITH '名称:' OR new.key STARTS WITH '名称:' THEN 'verify' ELSE 'high' END AS level,
       {approval: 'for',
        next_candidate: CASE WHEN size(tries) > 0 AND size(new_rank) = 0 THEN 'missing' ELSE 'for' END,
        identified: CASE WHEN old.key STARTS WITH '名称:' OR new.key STARTS WITH '名称:' THEN 'missing' END} AS checks,
       [changing]
         + [p = (change)-[:OLD_CONTRACTOR]->() | p]
         + [p = (contract)-[:AWARDED_TO]->() | p]
         + [p = (contract)-[:CARRIES_OUT]->() | p] AS evidence,
       tries + before + [p = (change)<-[:APPROVED]-() | p] AS context
