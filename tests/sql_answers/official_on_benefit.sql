-- Paid while in post, out of a programme that excludes officials; one whose mode nobody gave counts as audited.
WITH posts AS (
  SELECT "身份证号@ref" AS official, 任职日期 AS since, 免职日期 AS until FROM officials
  UNION ALL SELECT "身份证号@ref", 任职日期, 免职日期 FROM village_cadres)
SELECT DISTINCT o.official, p.项目编码 AS programme
FROM posts o JOIN payments p ON p."身份证号@ref" = o.official
JOIN programmes g ON g.项目编码 = p.项目编码
WHERE o.since <= p.发放日期 AND p.发放日期 < o.until AND p.发放日期 <= $as_of AND coalesce(g.发放方式, '审核') = '审核'
  AND list_bool_or(list_transform(g.排斥条件, lambda condition: contains(condition, '公职')))
