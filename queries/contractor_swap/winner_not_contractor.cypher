// From the project to its contracts and to the winners of its lots; same credit code is the same firm, whatever its name.
MATCH (project:Project)
MATCH contracted = (project)<-[:CARRIES_OUT]-(contract:Contract)-[:AWARDED_TO]->(contractor:Company)
WHERE contract.signed <= $as_of
  AND NOT EXISTS {
    MATCH (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(any:Company)
    WHERE bid.won AND (any = contractor OR (
      (any.key STARTS WITH '名称:' OR contractor.key STARTS WITH '名称:')
      AND (any.name = contractor.name OR any.name IN contractor.former_names OR contractor.name IN any.former_names)))
  }
MATCH won = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(winner:Company)
WHERE bid.won
  // Where some winners have no contract, it is their place that was taken.
  AND (NOT EXISTS { MATCH (winner)<-[:AWARDED_TO]-(own:Contract) WHERE own.project = project.key }
       OR NOT EXISTS {
         MATCH (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(open:Bid)<-[:PLACED]-(left:Company)
         WHERE open.won AND NOT EXISTS { MATCH (left)<-[:AWARDED_TO]-(own:Contract) WHERE own.project = project.key }
       })
OPTIONAL MATCH (village:Village {key: project.village})
WITH *,
     [p = (lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-(firm:Company) WHERE firm = contractor | p] AS tries,
     [(lot)<-[:FOR_LOT]-(other:Bid)
      WHERE NOT other.won AND other.rejected IS NULL AND other.rank > coalesce(bid.rank, 1) | other.rank] AS ranks,
     [p = (contractor)<-[:NEW_CONTRACTOR]-(change:ContractChange)-[:CHANGES]->(changed:Contract)
      WHERE change.kind = '承包商' AND changed.project = project.key | p] AS changes
WITH *,
     [p IN tries WHERE nodes(p)[1].rank IS NOT NULL | nodes(p)[1].rank] AS contractor_rank,
     any(p IN tries WHERE nodes(p)[1].rejected IS NULL AND coalesce(nodes(p)[1].rank IN ranks, false)
                      AND all(rank IN ranks WHERE rank >= coalesce(nodes(p)[1].rank, 0))) AS is_next,
     [p IN changes WHERE nodes(p)[1].approval_no IS NOT NULL | nodes(p)[1].approval_no] AS approval_no
// The next candidate with a change on record, approved or not, took over lawfully.
WHERE NOT (is_next AND size(changes) > 0)
RETURN project, lot, winner, contractor, contract, contractor AS newcomer, village,
       CASE WHEN lot.name <> '' THEN lot.name END AS lot_name, contractor_rank, approval_no,
       contract.amount AS amount, contract.signed AS day, contract.signed AS signed,
       CASE WHEN is_next OR size(approval_no) > 0 THEN 'low'
            WHEN winner.key STARTS WITH '名称:' OR contractor.key STARTS WITH '名称:' THEN 'verify'
            ELSE 'high' END AS level,
       {won_nothing: 'for',
        next_candidate: CASE WHEN is_next THEN 'against' WHEN size(tries) > 0 AND size(contractor_rank) = 0 THEN 'missing' ELSE 'for' END,
        approved_change: CASE WHEN size(approval_no) > 0 THEN 'against' ELSE 'for' END,
        identified: CASE WHEN winner.key STARTS WITH '名称:' OR contractor.key STARTS WITH '名称:' THEN 'missing' END} AS checks,
       [contracted, won] AS evidence,
       tries + changes AS context
