-- Without a village code a payment is where the beneficiary lives.
WITH granted AS (
  SELECT 指标文号 || '#' || 项目编码 AS allocation, 项目编码 AS programme, "村编码或单位@village" AS village, 金额 AS amount,
         coalesce(到账日期, 下达日期) AS since
  FROM allocations),
paid AS (
  SELECT p.项目编码 AS programme, coalesce(p.村编码, r.村编码) AS village, p.发放日期 AS day, sum(p.金额) AS amount
  FROM payments p LEFT JOIN residents r ON r."公民身份号码@ref" = p."身份证号@ref"
  WHERE p.发放日期 <= $as_of GROUP BY ALL)
SELECT g.allocation FROM granted g
LEFT JOIN paid p ON p.programme = g.programme AND (g.village IS NULL OR p.village = g.village) AND g.since <= p.day
WHERE g.since + to_days($days) <= $as_of
GROUP BY g.allocation, g.amount
HAVING coalesce(sum(p.amount), 0) < $min_part * g.amount
