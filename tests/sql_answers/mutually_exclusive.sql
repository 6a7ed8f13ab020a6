-- The list may name a pair on either side; both were paid in one calendar month.
WITH pairs AS (
  SELECT DISTINCT least(code, clash) AS one, greatest(code, clash) AS other
  FROM (SELECT 项目编码 AS code, unnest(互斥项目编码) AS clash FROM programmes) WHERE code <> clash),
paid AS (
  SELECT DISTINCT "身份证号@ref" AS person, 项目编码 AS code, date_trunc('month', 发放日期) AS month FROM payments
  WHERE 发放日期 <= $as_of AND 项目编码 IN (SELECT one FROM pairs UNION ALL SELECT other FROM pairs))
SELECT DISTINCT a.person, pairs.one AS programme, pairs.other
FROM pairs JOIN paid a ON a.code = pairs.one
JOIN paid b ON b.code = pairs.other AND b.person = a.person AND b.month = a.month
