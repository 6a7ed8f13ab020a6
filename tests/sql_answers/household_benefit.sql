WITH posts AS (
  SELECT "身份证号@ref" AS official, 任职日期 AS since, 免职日期 AS until FROM officials
  UNION ALL SELECT "身份证号@ref", 任职日期, 免职日期 FROM village_cadres)
SELECT DISTINCT o.official, p.项目编码 AS programme
FROM posts o JOIN residents r ON r."公民身份号码@ref" = o.official
JOIN residents m ON m.户号 = r.户号
JOIN payments p ON p."身份证号@ref" = m."公民身份号码@ref"
JOIN programmes g ON g.项目编码 = p.项目编码
WHERE o.since <= p.发放日期 AND p.发放日期 < o.until AND p.发放日期 <= $as_of
  AND coalesce(g.发放方式, '审核') = '审核' AND coalesce(g.对象, '家庭') = '家庭'
  AND list_bool_or(list_transform(g.排斥条件, lambda condition: contains(condition, '公职')))
