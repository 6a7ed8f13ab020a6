-- The limit is for one person and month: 计量 counts the persons of a household, else the months. Back-pay is excepted.
WITH paid AS (
  SELECT p."身份证号@ref" AS person, p.项目编码 AS programme, strftime(p.发放日期, '%Y-%m') AS month,
         round(coalesce(sum(p.金额) FILTER (NOT (coalesce(contains(p.摘要, '补发'), FALSE)
               OR coalesce(contains(a.申请事由, '补发'), FALSE))), 0), 2) AS total,
         max(p.计量) AS quantity
  FROM payments p JOIN programmes g ON g.项目编码 = p.项目编码
  LEFT JOIN applications a ON a.申请编号 = p.申请编号
  WHERE p.地块编号 IS NULL AND p.发放日期 <= $as_of AND g."标准上限（元）" IS NOT NULL
  GROUP BY ALL),
limited AS (
  SELECT paid.*, g."标准上限（元）" AS unit, g.对象 AS target, CASE WHEN quantity >= 1 THEN quantity END AS counted,
         CASE g.发放周期 WHEN '季' THEN 3 WHEN '年' THEN 12 ELSE 1 END AS months
  FROM paid JOIN programmes g ON g.项目编码 = paid.programme)
SELECT person, programme, month FROM limited
WHERE total > round(unit * CASE WHEN target = '个人' THEN coalesce(counted, months) ELSE coalesce(counted, 1) * months END
                    * (1 + $tolerance), 2)
