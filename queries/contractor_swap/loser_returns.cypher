// From the project to its losing bidders, and from the project and its contracts to who signed, took over or was paid.
MATCH (project:Project)
MATCH lost = (project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(company:Company)
WHERE EXISTS { MATCH (lot)<-[:FOR_LOT]-(best:Bid) WHERE best.won }
  AND NOT EXISTS {
    MATCH (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(own:Bid)<-[:PLACED]-(same:Company) WHERE own.won AND same = company
  }
WITH project, company, lost, bid,
     bid.rejected IS NULL AND EXISTS {
       MATCH (lot)<-[:FOR_LOT]-(best:Bid)
       WHERE best.won AND bid.rank > coalesce(best.rank, 1) AND NOT EXISTS {
         MATCH (lot)<-[:FOR_LOT]-(other:Bid)
         WHERE other.rejected IS NULL AND other.rank > coalesce(best.rank, 1) AND other.rank < bid.rank
       }
     } AS next_here
WITH project, company, collect(lost) AS losts, collect(bid.rank) AS ranks, collect(next_here) AS nexts
MATCH comeback = (project)<-[:CARRIES_OUT*0..1]-(place)<-[:CHANGES|UNDER_CONTRACT|FOR_PROJECT*0..1]-(event:Contract|ContractChange|Voucher)
                 -[:AWARDED_TO|NEW_CONTRACTOR|PAYS]->(again:Company)
WHERE again = company
  AND coalesce(event.signed, event.date, $as_of) <= $as_of
  AND coalesce(event.kind, '承包商') = '承包商'
  AND NOT (coalesce(event.note, '') CONTAINS '工资' OR coalesce(event.note, '') CONTAINS '材料')
WITH project, company, losts, ranks, true IN nexts AS is_next, collect(DISTINCT event) AS events, collect(comeback) AS comebacks,
     [(company)<-[:NEW_CONTRACTOR]-(change:ContractChange)-[:CHANGES]->(:Contract)-[:CARRIES_OUT]->(whole:Project)
      WHERE whole = project AND change.kind = '承包商' AND coalesce(change.date, $as_of) <= $as_of
      | change.approval_no] AS changes
// The next candidate with a change on record, approved or not, took over lawfully.
WHERE NOT (is_next AND size(changes) > 0)
WITH *, any(approval IN changes WHERE approval IS NOT NULL) AS approved
OPTIONAL MATCH (village:Village {key: project.village})
UNWIND events AS event
RETURN project, company, event, village,
       CASE WHEN event:Contract THEN '签约' WHEN event:Voucher THEN '收款' ELSE '接手合同' END AS how,
       CASE WHEN event:Contract THEN 'signed' WHEN event:Voucher THEN 'paid' ELSE 'took the contract over' END AS how_en,
       coalesce(event.signed, event.date) AS back_on,
       // What was paid under its own contract is part of that.
       CASE WHEN event:Contract THEN event.amount WHEN all(one IN events WHERE one:Voucher) THEN event.amount END AS amount,
       coalesce(event.signed, event.date) AS day,
       CASE WHEN is_next OR approved THEN 'low' WHEN company.key STARTS WITH '名称:' THEN 'verify' ELSE 'medium' END AS level,
       {lost: 'for',
        next_candidate: CASE WHEN is_next THEN 'against' WHEN size(ranks) = 0 THEN 'missing' ELSE 'for' END,
        approved_change: CASE WHEN approved THEN 'against' ELSE 'for' END,
        identified: CASE WHEN company.key STARTS WITH '名称:' THEN 'missing' END} AS checks,
       losts + [p IN comebacks WHERE event IN nodes(p)] AS evidence,
       [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(best:Bid)<-[:PLACED]-(:Company) WHERE best.won | p] AS context
