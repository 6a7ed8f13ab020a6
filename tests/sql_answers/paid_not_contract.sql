-- Vouchers without a contract's number count where the project has this one contract and they pay its contractor.
WITH let AS (
  SELECT 合同编号 AS contract, 项目编号 AS project, "合同金额（元）" AS amount, 签订日期 AS signed,
         coalesce(乙方信用代码, "乙方@key") AS contractor, count(*) OVER (PARTITION BY 项目编号) AS contracts
  FROM contracts),
spent AS (
  SELECT 凭证号, 日期 AS day, 金额 AS amount, 合同编号 AS contract, 项目编号 AS project,
         CASE WHEN 收款人证件号 IS NULL THEN "收款人@key" ELSE "收款人证件号@company" END AS payee
  FROM vouchers WHERE 日期 <= $as_of),
paid AS (
  SELECT l.contract, s.amount, s.day FROM let l JOIN spent s ON s.contract = l.contract
  UNION ALL
  SELECT l.contract, s.amount, s.day FROM let l JOIN spent s ON s.project = l.project
  WHERE s.contract IS NULL AND l.contracts = 1 AND s.payee = l.contractor),
added AS (
  SELECT 合同编号 AS contract, sum(coalesce(figures[1] - figures[2], 0)) AS more
  FROM (SELECT 合同编号, list_transform([新值, 原值], lambda said:
                 try_cast(replace(replace(replace(said, ',', ''), '元', ''), '万', '') AS DOUBLE)
                 * CASE WHEN contains(said, '万') THEN 10000 ELSE 1 END) AS figures
        FROM contract_changes
        WHERE 变更类型 = '金额' AND 批准文号 IS NOT NULL AND coalesce(变更日期, $as_of) <= $as_of)
  GROUP BY contract)
SELECT l.contract FROM let l JOIN paid p USING (contract) LEFT JOIN added USING (contract)
GROUP BY l.contract, l.amount, l.signed, added.more
HAVING coalesce(l.amount > 0 AND round(sum(p.amount) - (1 + $tolerance) * (l.amount + coalesce(added.more, 0)), 2) > 0, FALSE)
    OR min(p.day) + to_days($early_days) <= l.signed
