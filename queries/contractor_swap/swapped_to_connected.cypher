// From the project to whoever signed, took over or was paid; of these the ones that came instead of the rightful firm;
// and from them over kinship and company roles to an official in charge of the project.
MATCH (project:Project)
MATCH (project)<-[:CARRIES_OUT]-(contract:Contract)-[:AWARDED_TO]->(contractor:Company)
MATCH swap = (contract)-[:CARRIES_OUT*0..1]->(place)<-[:CHANGES|UNDER_CONTRACT|FOR_PROJECT*0..1]-(event:Contract|ContractChange|Voucher)
             -[:AWARDED_TO|NEW_CONTRACTOR|PAYS]->(newcomer:Company|Person)
WHERE (place = contract OR (event:Voucher AND event.contract IS NULL AND COUNT { (place)<-[:CARRIES_OUT]-() } = 1))
  AND coalesce(event.signed, event.date, contract.signed) <= $as_of
  AND NOT newcomer.key STARTS WITH '名称:'
  AND EXISTS { (newcomer)-[:HAS_ROLE|PARENT_OF|SPOUSE_OF|SIBLING_OF]-() }
WITH *,
     [(project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(firm:Company) WHERE bid.won | firm] AS winners,
     [p = (newcomer)<-[:NEW_CONTRACTOR]-(change:ContractChange)-[:CHANGES]->(changed:Contract)
      WHERE change.kind = '承包商' AND changed.project = project.key | nodes(p)[1]] AS changes,
     [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-(firm:Company) WHERE firm = newcomer | p] AS tries,
     [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(:Company) WHERE bid.won | p] AS before
WITH *,
     any(p IN tries WHERE nodes(p)[2].rejected IS NULL AND any(q IN before WHERE
       nodes(q)[1] = nodes(p)[1] AND coalesce(nodes(p)[2].rank, 0) > coalesce(nodes(q)[2].rank, 1)
       AND NOT EXISTS {
         MATCH (lot:Lot)<-[:FOR_LOT]-(other:Bid)
         WHERE lot = nodes(p)[1] AND NOT other.won AND other.rejected IS NULL
           AND other.rank > coalesce(nodes(q)[2].rank, 1) AND other.rank < nodes(p)[2].rank
       })) AS is_next,
     any(change IN changes WHERE change.approval_no IS NOT NULL) AS approved, size(changes) > 0 AS taken_over
WHERE (event:Contract AND size(winners) > 0 AND NOT newcomer IN winners AND NOT (is_next AND size(changes) > 0)
       AND NOT any(firm IN winners WHERE firm.key STARTS WITH '名称:' AND coalesce(firm.name = newcomer.name, false)))
   OR (event:ContractChange AND event.kind = '承包商' AND event.approval_no IS NULL AND newcomer <> contractor
       AND NOT newcomer IN winners AND NOT is_next)
   OR (event:Voucher AND newcomer <> contractor AND NOT approved
       AND NOT (coalesce(event.note, '') CONTAINS '工资' OR coalesce(event.note, '') CONTAINS '材料')
       AND NOT EXISTS { MATCH (event)-[:INTO]->(:Account)-[:HELD_BY]->(firm:Company) WHERE firm = contractor }
       AND NOT (contractor.key STARTS WITH '名称:' AND coalesce(newcomer.name IN [contractor.name, contract.contractor_name], false))
       AND NOT (coalesce(contractor.kind, '') CONTAINS '个体' AND EXISTS {
         MATCH (newcomer)-[role:HAS_ROLE]->(firm:Company) WHERE firm = contractor AND role.role = '法定代表人'
       }))
// Once a change of contractor is on record its contract is the sum at stake, and what was paid under it is part of that.
WITH project, contract, contractor, newcomer, winners, is_next, approved, taken_over, labels(event) AS kind,
     collect(DISTINCT event) AS events, collect(swap) AS swaps
WITH *, reduce(total = 0.0, e IN events | total + coalesce(e.amount, 0.0)) AS total
WHERE (NOT 'Voucher' IN kind OR total >= $min_part * contract.amount)
WITH *, reduce(first = null, e IN events |
          CASE WHEN first <= coalesce(e.signed, e.date, contract.signed) THEN first ELSE coalesce(e.signed, e.date, contract.signed) END
        ) AS decided
MATCH link = (newcomer)-[:HAS_ROLE|PARENT_OF|SPOUSE_OF|SIBLING_OF*0..3]-(official:Person)
WHERE all(step IN relationships(link) WHERE coalesce(step.from <= decided, true) AND coalesce(decided < step.to, true))
MATCH power = (official)-[charge:IN_CHARGE]->(project)
WHERE charge.from <= decided < charge.to
WITH *, [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS posts
WHERE size(posts) > 0 OR NOT EXISTS { (official)-[:HOLDS_POST]->() }
WITH * ORDER BY length(link)
WITH project, contract, contractor, newcomer, winners, is_next, approved, taken_over, kind, events, swaps, decided, official, posts,
     collect(DISTINCT power) AS powers, collect(link)[0] AS link
OPTIONAL MATCH (village:Village {key: project.village})
WITH *, [p = (official)-[:DECLARED]-(who:Person) WHERE who IN nodes(link) | p] AS declarations
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on,
     newcomer:Company AND any(firm IN CASE WHEN 'Contract' IN kind THEN winners ELSE [contractor] END
                              WHERE firm.key STARTS WITH '名称:') AS unsure
UNWIND events AS paper
RETURN project, newcomer, official, contract, village,
       CASE WHEN paper:Voucher THEN paper ELSE contract END AS event, CASE WHEN paper:ContractChange THEN paper END AS change,
       CASE WHEN 'Contract' IN kind THEN '签约' WHEN 'Voucher' IN kind THEN '收款' ELSE '合同变更' END AS how,
       CASE WHEN 'Contract' IN kind THEN 'signed' WHEN 'Voucher' IN kind THEN 'paid' ELSE 'contract changed' END AS how_en,
       length(link) AS hops,
       [p IN posts | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key) + relationships(p)[0].title] AS post,
       [p IN powers | relationships(p)[0].by] AS power,
       CASE WHEN NOT paper:Voucher THEN contract.amount WHEN NOT taken_over THEN paper.amount END AS amount,
       coalesce(paper.signed, paper.date, contract.signed) AS day, decided, declared_on,
       CASE WHEN is_next AND 'Contract' IN kind THEN 'low' WHEN size(posts) = 0 OR unsure THEN 'verify' ELSE 'high' END AS level,
       {in_post: CASE WHEN size(posts) > 0 THEN 'for' ELSE 'missing' END,
        hops: 'for',
        tender: CASE WHEN size(winners) = 0 THEN 'missing' WHEN is_next THEN 'against' WHEN NOT newcomer IN winners THEN 'for' END,
        approved_change: CASE WHEN approved THEN 'against' ELSE 'for' END,
        identified: CASE WHEN unsure THEN 'missing' END,
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [p IN swaps WHERE paper IN nodes(p)] + [link] + powers AS evidence,
       posts + declarations + [p = (contract)-[:AWARDED_TO|CARRIES_OUT]->() | p]
         + [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(:Company) WHERE bid.won | p] AS context
