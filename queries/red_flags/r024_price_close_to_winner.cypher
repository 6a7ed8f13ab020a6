// Method: Open Contracting Partnership, Red flags in public procurement, R024 (as Cardinal works it out: fences after Tukey on
// median-unbiased quartiles). R058 looks at the other end of the same differences: what is changed here is changed there.
MATCH (project:Project)
WITH collect(project) AS projects
CALL (projects) {
  MATCH (any:Project)<-[:OF]-(award:Award)
  WHERE coalesce(any.tender_status, '') <> 'cancelled' AND coalesce(award.date, $as_of) <= $as_of
    AND NOT coalesce(any.procurement_method_details IN split($no_price_comparison, '|'), false)
  WITH any, collect(award) AS awards
  WHERE all(award IN awards WHERE award.status IN ['active', 'cancelled', 'unsuccessful'])
  UNWIND [award IN awards WHERE award.status = 'active'] AS award
  OPTIONAL MATCH (award)-[:AWARDED_TO]->(supplier:Company)
  WITH any, collect(award) AS won, collect(supplier) AS suppliers
  WHERE size(won) = 1
  MATCH offer = (any)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
  WHERE bid.status = 'valid' AND bid.value > 0
  WITH any, won[0] AS award, suppliers[0] AS winner, lot, bid, bidder, offer ORDER BY bid.value, bidder.key
  WITH any, award, winner, collect({offer: offer, bidder: bidder, value: bid.value, price: bid.price, currency: bid.currency}) AS bids,
       count(DISTINCT lot) AS lots, count(DISTINCT bid) AS papers, count(DISTINCT coalesce(bid.currency, '')) AS currencies
  // A joint bid stands in several rows.
  WHERE lots = 1 AND papers = size(bids) AND currencies = 1
  WITH *, [bid IN bids WHERE bid.bidder = winner][0] AS lowest, [bid IN bids WHERE bid.bidder <> winner][0] AS second
  WITH *, round((second.value - lowest.value) / lowest.value, 6) AS gap ORDER BY gap
  // Where the lowest bid did not win, more than the price decided.
  WHERE gap >= 0
  WITH collect({project: any, award: award, lowest: lowest, second: second, gap: gap}) AS tenders, collect(gap) AS gaps
  WITH tenders, [gaps[0]] + gaps + [gaps[-1]] AS ranked
  RETURN tenders, [at IN [part IN [0.25, 0.75] | (size(ranked) - 5 / 3.0) * part + 1 / 3.0]
          | ranked[toInteger(at)] + (at - toInteger(at)) * (ranked[toInteger(at) + 1] - ranked[toInteger(at)])] AS quartiles
}
WITH *, round(quartiles[0] - $fence_factor * (quartiles[1] - quartiles[0]), 6) AS fence
UNWIND tenders AS tender
// Nothing but a short cut where all are looked at; of what changed only the anchors are.
WITH * WHERE tender.project IN projects
WITH *, tender.project AS project, tender.lowest AS lowest, tender.second AS second, tender.gap AS gap
// Where half the processes are alike the fence is their own difference: only what differs from them is an outlier.
WHERE gap <= fence AND gap < quartiles[0]
RETURN project, lowest.bidder AS winner, second.bidder AS runner_up, lowest.value AS price, second.value AS second_price, lowest.currency AS currency,
       gap, fence, size(tenders) AS compared, lowest.price AS amount, tender.award.date AS day, 'medium' AS level,
       {gap: 'for',
        criteria: CASE WHEN project.award_criteria IS NULL THEN 'missing'
                       WHEN project.award_criteria IN ['priceOnly', 'costOnly', 'lowestCost'] THEN 'for' ELSE 'against' END} AS checks,
       [lowest.offer, second.offer] + [p = (project)<-[:OF]-(:Award {status: 'active'})-[:AWARDED_TO]->() | p] AS evidence,
       [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] + [p = (project)<-[:BUYS|RUNS]-() | p] AS context
