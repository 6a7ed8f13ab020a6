// From the lot to each bid; the winner's is held against the others of the same tender (open-contracting red flags R003, R018, R030, R035).
MATCH (lot:Lot)
MATCH placed = (lot)<-[:FOR_LOT]-(bid:Bid)
WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of
OPTIONAL MATCH (bid)<-[:PLACED]-(winner:Company)
WHERE bid.won
// A later tender of the same lot in another way or on another day is another one; an empty cell does not part them.
WITH *, [(lot)<-[:FOR_LOT]-(other:Bid)<-[:PLACED]-(rival:Company)
         WHERE rival <> winner AND coalesce(other.opened = bid.opened, true) AND coalesce(other.method = bid.method, true)
         | other.rejected IS NOT NULL] AS rivals,
     duration.inDays(bid.announced, bid.opened).days AS days
UNWIND [
  CASE WHEN bid.method = '公开招标' AND days < $min_days THEN 'short_period' END,
  CASE WHEN winner IS NOT NULL AND size(rivals) = 0 AND bid.method IN ['公开招标', '邀请招标'] THEN 'single_bidder' END,
  CASE WHEN winner IS NOT NULL AND size(rivals) >= $min_rejected AND NOT false IN rivals THEN 'others_rejected' END,
  CASE WHEN winner IS NOT NULL AND bid.submitted > bid.opened THEN 'late_winner' END
] AS kind
WITH * WHERE kind IS NOT NULL
MATCH (lot)-[:OF]->(project:Project)
OPTIONAL MATCH (village:Village {key: project.village})
RETURN lot, kind, bid, winner, project, village, CASE WHEN lot.name <> '' THEN lot.name END AS lot_name, bid.method AS method,
       CASE kind WHEN 'short_period' THEN '从公告到开标只有 ' + days + ' 天' WHEN 'single_bidder' THEN '只有一家投标'
                 WHEN 'others_rejected' THEN '其他 ' + size(rivals) + ' 家投标全部被废' ELSE '中标的投标在开标日以后才递交' END AS what,
       CASE kind WHEN 'short_period' THEN 'only ' + days + ' days from notice to opening' WHEN 'single_bidder' THEN 'a single bidder'
                 WHEN 'others_rejected' THEN 'all ' + size(rivals) + ' other bids rejected' ELSE 'the winning bid came after the opening' END AS what_en,
       CASE WHEN winner IS NOT NULL THEN bid.price END AS amount, coalesce(bid.opened, bid.announced) AS day,
       CASE WHEN kind = 'short_period' AND days < 0 THEN 'verify' ELSE 'medium' END AS level,
       {short_period: CASE WHEN kind = 'short_period' THEN CASE WHEN days < 0 THEN 'missing' ELSE 'for' END END,
        single_bidder: CASE WHEN kind = 'single_bidder' THEN 'for' END,
        others_rejected: CASE WHEN kind = 'others_rejected' THEN 'for' END,
        late_winner: CASE WHEN kind = 'late_winner' THEN 'for' END} AS checks,
       [placed] + [p = (bid)<-[:PLACED]-() | p] + [p = (lot)-[:OF]->() | p] AS evidence,
       [p = (lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] AS context
