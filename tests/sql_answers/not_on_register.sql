-- A register of which nobody is known says nothing about anybody.
SELECT DISTINCT p."身份证号@ref" AS person, p.项目编码 AS programme
FROM payments p
JOIN programmes g ON g.项目编码 = p.项目编码
SEMI JOIN registers known ON known.名册 = g.依据名册
ANTI JOIN registers r ON r."身份证号@ref" = p."身份证号@ref" AND r.名册 = g.依据名册
  AND r.起始日期 - to_days($grace_days) <= p.发放日期 AND p.发放日期 <= r.终止日期 + to_days($grace_days)
WHERE p.发放日期 <= $as_of AND p."身份证号@ref" IS NOT NULL
