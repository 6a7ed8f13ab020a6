// Method: Open Contracting Partnership, Red flags in public procurement, R025 (as Cardinal works it out: fences after Tukey on
// median-unbiased quartiles).
MATCH (company:Company)
WITH collect(company) AS companies
CALL (companies) {
  MATCH (any:Project)<-[:OF]-(award:Award)
  WHERE coalesce(any.tender_status, '') <> 'cancelled' AND coalesce(award.date, $as_of) <= $as_of
  WITH any, collect(award) AS awards
  WHERE all(award IN awards WHERE award.status IN ['active', 'cancelled', 'unsuccessful'])
  UNWIND [award IN awards WHERE award.status = 'active'] AS award
  OPTIONAL MATCH (award)-[:AWARDED_TO]->(supplier:Company)
  WITH any, collect(award) AS won, collect(supplier) AS suppliers
  WHERE size(won) = 1 AND size(suppliers) = 1
  MATCH (any)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)
  WHERE bid.status = 'valid'
  WITH any, suppliers[0] AS winner, collect(DISTINCT bid) AS bids
  WHERE none(bid IN bids WHERE COUNT { (bid)<-[:PLACED]-() } > 1)
  UNWIND bids AS bid
  MATCH (bid)<-[:PLACED]-(bidder:Company)
  // Several bids of one firm in a process count once.
  WITH DISTINCT any, winner, bidder
  WITH bidder, count(any) AS bids, sum(CASE WHEN bidder = winner THEN 1 ELSE 0 END) AS won,
       collect(DISTINCT CASE WHEN bidder <> winner THEN winner END) AS rivals
  WITH *, 1.0 * won / bids AS ratio ORDER BY ratio
  WITH collect({company: bidder, bids: bids, won: won, rivals: rivals, ratio: ratio}) AS tenderers, collect(ratio) AS ratios
  CALL (tenderers) { UNWIND tenderers AS one WITH one.bids AS bids ORDER BY bids RETURN collect(bids) AS counts }
  RETURN tenderers,
    [few_to_many IN [ratios, counts] | [ranked IN [[few_to_many[0]] + few_to_many + [few_to_many[-1]]] |
       [at IN [part IN [0.25, 0.75] | (size(ranked) - 5 / 3.0) * part + 1 / 3.0]
          | ranked[toInteger(at)] + (at - toInteger(at)) * (ranked[toInteger(at) + 1] - ranked[toInteger(at)])]][0]] AS quartiles
}
WITH *, quartiles[0][0] AS low, round(quartiles[0][0] - $fence_factor * (quartiles[0][1] - quartiles[0][0]), 6) AS fence, quartiles[1][1] AS many
UNWIND tenderers AS tenderer
// Nothing but a short cut where all are looked at; of what changed only the anchors are.
WITH * WHERE tenderer.company IN companies
WITH *, tenderer.company AS company, tenderer.ratio AS ratio
// Where half the firms win alike the fence is their own ratio: only what differs from them is an outlier.
WHERE tenderer.bids >= many AND ratio <= fence AND ratio < low
RETURN company, tenderer.bids AS bids, tenderer.won AS won, ratio, fence, round(many, 2) AS many, size(tenderers) AS compared,
       [rival IN tenderer.rivals | coalesce(rival.name, rival.key)] AS rivals, 'low' AS level,
       {ratio: 'for', rivals: CASE WHEN size(tenderer.rivals) = 1 THEN 'for' ELSE 'against' END} AS checks,
       [p = (company)-[:PLACED]->(:Bid {status: 'valid'})-[:FOR_LOT]->(:Lot)-[:OF]->(:Project) | p] AS evidence,
       [p = (company)<-[:AWARDED_TO]-(:Award {status: 'active'}) | p] AS context
