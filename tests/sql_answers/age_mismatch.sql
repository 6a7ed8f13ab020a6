-- Whole years by the birthday in the ID number; where it gives none the payment is put up for checking.
WITH paid AS (
  SELECT p."身份证号@ref" AS person, p.项目编码 AS programme, g.年龄下限 AS youngest, g.年龄上限 AS oldest,
         year(p.发放日期) - year(p."身份证号@birth")
           - CASE WHEN (month(p.发放日期), day(p.发放日期)) < (month(p."身份证号@birth"), day(p."身份证号@birth"))
                  THEN 1 ELSE 0 END AS age
  FROM payments p JOIN programmes g ON g.项目编码 = p.项目编码
  WHERE (g.年龄下限 IS NOT NULL OR g.年龄上限 IS NOT NULL) AND p.发放日期 <= $as_of)
SELECT DISTINCT person, programme FROM paid
WHERE age IS NULL OR age < youngest OR age > oldest
