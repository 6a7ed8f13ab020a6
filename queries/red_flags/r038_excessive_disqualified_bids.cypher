// Method: Open Contracting Partnership, Red flags in public procurement, R038 (as Cardinal works it out: fences after Tukey on
// median-unbiased quartiles).
MATCH (organisation:Unit|Company)
WITH collect(organisation) AS organisations
CALL (organisations) {
  MATCH offer = (any:Project)<-[:OF]-(lot:Lot)<-[:FOR_LOT]-(bid:Bid)
  WHERE coalesce(any.tender_status, '') <> 'cancelled' AND coalesce(bid.submitted, any.tender_to, $as_of) <= $as_of
    AND NOT bid.status IN ['invited', 'withdrawn']
  WITH any, bid, offer ORDER BY lot.key
  WITH any, bid, collect(offer)[0] AS offer
  CALL (any, bid) {
    MATCH (any)<-[:BUYS]-(who:Unit) RETURN who, 'buyer' AS role
    UNION ALL MATCH (any)<-[:RUNS]-(who:Unit) RETURN who, 'procuring_entity' AS role
    UNION ALL MATCH (bid)<-[:PLACED]-(who:Company) RETURN who, 'tenderer' AS role
  }
  WITH role, who, count(DISTINCT any) AS processes, count(bid) AS bids,
       collect(CASE WHEN bid.status = 'disqualified' THEN offer END) AS disqualified,
       count(DISTINCT CASE WHEN bid.status = 'disqualified' THEN any END) AS places
  WITH *, 1.0 * size(disqualified) / bids AS ratio ORDER BY ratio
  WITH role, 1.0 * sum(size(disqualified)) / sum(bids) AS usual, collect({who: who, processes: processes, bids: bids,
       disqualified: disqualified, places: places, ratio: ratio}) AS every
  WITH role, usual, [one IN every WHERE CASE role WHEN 'tenderer' THEN one.bids >= $min_bids ELSE one.processes >= $min_processes END] AS compared
  WITH role, usual, compared, [one IN compared | one.ratio] AS ratios
  WITH role, usual, compared, [ratios[0]] + ratios + [ratios[-1]] AS ranked
  RETURN role, usual, compared, [at IN [part IN [0.25, 0.75] | (size(ranked) - 5 / 3.0) * part + 1 / 3.0]
          | ranked[toInteger(at)] + (at - toInteger(at)) * (ranked[toInteger(at) + 1] - ranked[toInteger(at)])] AS quartiles
}
WITH *, round(quartiles[1] + $fence_factor * (quartiles[1] - quartiles[0]), 6) AS fence
UNWIND compared AS one
// Nothing but a short cut where all are looked at; of what changed only the anchors are.
WITH * WHERE one.who IN organisations
WITH *, one.who AS organisation, one.ratio AS ratio
// Few to compare, or all alike: the fence is their own ratio, and only what lies above the share of all bids is an outlier.
WHERE ratio >= fence AND ratio > usual
RETURN organisation, role, {buyer: '采购人', procuring_entity: '采购实施单位', tenderer: '投标人'}[role] AS role_name,
       {buyer: 'buyer', procuring_entity: 'procuring entity', tenderer: 'tenderer'}[role] AS role_name_en,
       one.bids AS bids, size(one.disqualified) AS rejected, ratio, fence, usual, size(compared) AS compared, one.places AS places,
       'low' AS level,
       {ratio: 'for', places: CASE WHEN one.places > 1 THEN 'for' ELSE 'against' END} AS checks,
       one.disqualified AS evidence,
       [p = (organisation)-[:PLACED|BUYS|RUNS]->() | p] AS context
