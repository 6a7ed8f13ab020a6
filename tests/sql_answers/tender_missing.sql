WITH let AS (
  SELECT 项目编号, sum("合同金额（元）") AS contracted FROM contracts WHERE 签订日期 <= $as_of GROUP BY 项目编号),
known AS (
  SELECT 项目编号, 批复发包方式 AS method, 批复日期 AS approved, "批复金额（元）" AS amount FROM projects
  WHERE 应急批准文号 IS NULL AND coalesce(批复日期, $as_of) <= $as_of
  UNION ALL
  SELECT 项目编号, NULL, NULL, NULL FROM let ANTI JOIN projects USING (项目编号)),
sized AS (
  SELECT k.*, l.contracted,
         CASE WHEN coalesce(l.contracted, 0) > coalesce(k.amount, 0) THEN l.contracted ELSE k.amount END AS size,
         CASE WHEN k.approved >= $limit_from THEN $limit ELSE $limit_before END AS threshold
  FROM known k LEFT JOIN let l USING (项目编号)
  ANTI JOIN (SELECT 项目编号 FROM bids WHERE coalesce(开标日期, 公告日期, $as_of) <= $as_of) b USING (项目编号))
SELECT 项目编号 AS project FROM sized
WHERE CASE WHEN coalesce(method IN ('公开招标', '邀请招标'), FALSE) THEN contracted IS NOT NULL ELSE size >= threshold END
