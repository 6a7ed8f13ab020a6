// From the lot to its valid bids, by tender; what is close or far is said by all lots of the county (open-contracting red flags
// R024, R028, R058; fences after Tukey: quartiles, here by linear interpolation, and 1.5 times the range between them).
MATCH (lot:Lot)
MATCH placed = (lot)<-[:FOR_LOT]-(bid:Bid)<-[:PLACED]-(bidder:Company)
WHERE bid.rejected IS NULL AND bid.price > 0 AND NOT coalesce(bid.method IN ['一事一议', '直接委托'], false)
  AND coalesce(bid.opened, bid.announced, $as_of) <= $as_of
WITH lot, bid.method AS method, bid.opened AS opened, placed, bid, bidder ORDER BY bid.price, bid.won DESC
WITH lot, method, opened, collect({placed: placed, bidder: bidder, price: bid.price, won: bid.won}) AS bids
WHERE size(bids) > 1
WITH collect({lot: lot, opened: opened, bids: bids}) AS tenders
CALL (tenders) {
  MATCH (any:Lot)<-[:FOR_LOT]-(offer:Bid)<-[:PLACED]-(:Company)
  WHERE offer.rejected IS NULL AND offer.price > 0 AND NOT coalesce(offer.method IN ['一事一议', '直接委托'], false)
    AND coalesce(offer.opened, offer.announced, $as_of) <= $as_of
  WITH any, offer.method AS method, offer.opened AS opened, offer ORDER BY offer.price, offer.won DESC
  WITH any, method, opened, collect(offer.price) AS prices, collect(offer.won) AS wins
  WHERE size(prices) > 1 AND wins[0] AND size([won IN wins WHERE won]) = 1
  WITH round((prices[1] - prices[0]) / prices[0], 6) AS gap
  RETURN percentileCont(gap, 0.25) AS low_quartile, percentileCont(gap, 0.75) AS high_quartile
}
WITH tenders, low_quartile, high_quartile,
     round(low_quartile - $fence_factor * (high_quartile - low_quartile), 6) AS low_fence,
     round(high_quartile + $fence_factor * (high_quartile - low_quartile), 6) AS high_fence
UNWIND tenders AS tender
WITH tender.lot AS lot, tender.bids AS bids, tender.opened AS opened, [bid IN tender.bids | bid.price] AS prices,
     low_quartile, high_quartile, low_fence, high_fence
// The gap to the next bid means something where one bid won and it was the lowest.
WITH *, CASE WHEN bids[0].won AND size([bid IN bids WHERE bid.won]) = 1 THEN round((prices[1] - prices[0]) / prices[0], 6) END AS gap,
     [bid IN bids WHERE size([price IN prices WHERE price = bid.price]) > 1] AS same
UNWIND [
  CASE WHEN size(same) > 0 THEN {kind: 'identical', bids: same} END,
  CASE WHEN size(prices) >= $min_bidders AND size(same) = 0
        AND all(i IN range(2, size(prices) - 1)
                WHERE round(abs(prices[i] / prices[i - 1] - prices[1] / prices[0]), 6) <= $ratio_tolerance)
       THEN {kind: 'constant_ratio', bids: bids} END,
  // Where half the lots are alike the fence is their own gap: only what differs from them is an outlier.
  CASE WHEN gap <= low_fence AND gap < low_quartile THEN {kind: 'close_second', bids: bids[..2]} END,
  CASE WHEN gap >= high_fence AND gap > high_quartile THEN {kind: 'heavy_discount', bids: bids[..1]} END
] AS found
WITH * WHERE found IS NOT NULL
MATCH (lot)-[:OF]->(project:Project)
OPTIONAL MATCH (village:Village {key: project.village})
WITH *, found.kind AS kind
RETURN lot, kind, [bid IN found.bids | bid.bidder] AS bidders, project, village,
       CASE WHEN lot.name <> '' THEN lot.name END AS lot_name,
       CASE kind WHEN 'identical' THEN '报价相同' WHEN 'constant_ratio' THEN '报价成固定比例'
                 WHEN 'close_second' THEN '次低价与中标价异常接近' ELSE '中标价异常低' END AS what,
       CASE kind WHEN 'identical' THEN 'identical prices' WHEN 'constant_ratio' THEN 'a constant ratio'
                 WHEN 'close_second' THEN 'the next bid oddly close to the winner' ELSE 'the winner oddly low' END AS what_en,
       CASE WHEN kind IN ['close_second', 'heavy_discount'] THEN gap END AS gap,
       CASE kind WHEN 'close_second' THEN low_fence WHEN 'heavy_discount' THEN high_fence END AS fence,
       [bid IN bids WHERE bid.won | bid.price][0] AS amount, opened AS day, 'medium' AS level,
       {identical: CASE WHEN kind = 'identical' THEN 'for' END, constant_ratio: CASE WHEN kind = 'constant_ratio' THEN 'for' END,
        close_second: CASE WHEN kind = 'close_second' THEN 'for' END,
        heavy_discount: CASE WHEN kind = 'heavy_discount' THEN 'for' END} AS checks,
       [bid IN found.bids | bid.placed] AS evidence,
       [bid IN bids | bid.placed] + [p = (lot)-[:OF]->() | p] AS context
