SELECT DISTINCT r."公民身份号码@ref" AS person, p.项目编码 AS programme
FROM residents r JOIN payments p ON p."身份证号@ref" = r."公民身份号码@ref"
WHERE r.户籍状态 IN ('迁出', '注销') AND p.发放日期 <= $as_of
  AND (r.状态日期 IS NULL OR p.发放日期 > r.状态日期 + to_days($grace_days))
