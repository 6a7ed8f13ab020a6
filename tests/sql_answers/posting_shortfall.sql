-- Every month that is over between a worker's first and last log, also those without any.
WITH logs AS (
  SELECT "队员身份证号@ref" AS person, date_trunc('month', 日期) AS month, 是否驻村 AS duty, 是否住村 AS stayed
  FROM postings WHERE 日期 <= $as_of AND "队员身份证号@ref" IS NOT NULL),
months AS (
  SELECT person, unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH)) AS month FROM logs GROUP BY person)
SELECT m.person, strftime(m.month, '%Y-%m') AS month
FROM months m LEFT JOIN logs l ON l.person = m.person AND l.month = m.month
WHERE m.month + INTERVAL 1 MONTH - INTERVAL 1 DAY <= $as_of
GROUP BY ALL
HAVING count(*) FILTER (l.duty) < $min_days OR count(*) FILTER (l.stayed) < $min_nights
