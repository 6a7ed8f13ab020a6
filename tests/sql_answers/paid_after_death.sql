-- The latest date of any source counts; a payment is late from the month after it on.
WITH dead AS (
  SELECT "身份证号@ref" AS person, max(死亡日期) AS died FROM deaths
  WHERE "身份证号@identified" GROUP BY person)
SELECT DISTINCT d.person, p.项目编码 AS programme
FROM dead d JOIN payments p ON p."身份证号@ref" = d.person
WHERE p.发放日期 >= date_trunc('month', d.died) + to_months(1 + $grace_months) AND p.发放日期 <= $as_of
