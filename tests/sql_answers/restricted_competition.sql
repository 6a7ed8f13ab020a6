-- A winner's bid is held against those of other firms in the same tender; an empty day or method does not part two tenders.
WITH placed AS (
  SELECT 项目编号 || '#' || coalesce(标段, '') AS lot, 招标方式 AS method, 公告日期 AS announced, 开标日期 AS opened,
         递交时间 AS submitted, 是否中标 AS won, 废标原因 IS NOT NULL AS rejected,
         coalesce(投标人信用代码, "投标人@key") AS company,
         coalesce(投标人信用代码, "投标人@key", "投标人@name") AS bidder,
         coalesce(开标日期, 公告日期, $as_of) <= $as_of AS begun
  FROM bids),
winners AS (
  SELECT w.lot, w.method, w.bidder, count(r.lot) AS rivals, count(r.lot) FILTER (NOT r.rejected) AS valid
  FROM placed w LEFT JOIN placed r ON r.lot = w.lot AND r.company <> w.company
    AND coalesce(r.opened = w.opened, TRUE) AND coalesce(r.method = w.method, TRUE)
  WHERE w.won AND w.begun AND w.company IS NOT NULL GROUP BY ALL)
SELECT lot, 'short_period' AS kind FROM placed WHERE begun AND method = '公开招标' AND opened - announced < $min_days
UNION
SELECT lot, 'single_bidder' FROM winners WHERE rivals = 0 AND method IN ('公开招标', '邀请招标')
UNION
SELECT lot, 'others_rejected' FROM winners WHERE rivals >= $min_rejected AND valid = 0
UNION
SELECT lot, 'late_winner' FROM placed WHERE begun AND won AND company IS NOT NULL AND submitted > opened
