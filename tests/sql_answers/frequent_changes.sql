WITH changes AS (
  SELECT 合同编号 AS contract, 变更类型 AS kind, 批准文号 AS approval,
         list_transform([新值, 原值], lambda said:
           try_cast(replace(replace(replace(said, ',', ''), '元', ''), '万', '') AS DOUBLE)
           * CASE WHEN contains(said, '万') THEN 10000 ELSE 1 END) AS figures
  FROM contract_changes WHERE coalesce(变更日期, $as_of) <= $as_of),
counted AS (
  SELECT c.contract, count(*) AS times, count(*) - count(c.approval) AS unapproved, any_value(l."合同金额（元）") AS amount,
         sum(coalesce(c.figures[1] - c.figures[2], 0)) FILTER (c.kind = '金额') AS more,
         bool_or(c.figures[1] - c.figures[2] IS NULL) FILTER (c.kind = '金额') AS illegible,
         bool_or(c.kind = '金额') AS of_amount
  FROM changes c LEFT JOIN contracts l ON l.合同编号 = c.contract GROUP BY c.contract)
SELECT contract FROM counted
WHERE times >= $min_changes OR (amount > 0 AND round(more / amount, 6) > $max_growth)
   OR (of_amount AND (illegible OR coalesce(amount, 0) = 0) AND unapproved > 0)
