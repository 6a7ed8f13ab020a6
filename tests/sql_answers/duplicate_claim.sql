-- A parcel paid to different people or beyond its area in a year; one-off applications of one person for one reason in a year.
SELECT p.项目编码 AS programme, p.地块编号 AS subject, year(p.发放日期)::VARCHAR AS period
FROM payments p LEFT JOIN parcels l ON l.地块编号 = p.地块编号
WHERE p.地块编号 IS NOT NULL AND p.发放日期 <= $as_of
GROUP BY ALL
HAVING count(DISTINCT p."身份证号@ref") > 1 OR bool_or(p.计量 > round($max_area * l."确权面积（亩）", 4))
UNION ALL
SELECT a.项目编码, a."申请人身份证号@ref", year(a.受理日期)::VARCHAR
FROM applications a LEFT JOIN programmes g ON g.项目编码 = a.项目编码
WHERE a.审批结果 = '同意' AND a.审批日期 <= $as_of AND coalesce(g.发放周期, '一次性') = '一次性'
  AND a."申请人身份证号@ref" IS NOT NULL
GROUP BY ALL
HAVING count(*) > 1 AND (count(a.申请事由) < count(*) OR count(DISTINCT a.申请事由) < count(*))
