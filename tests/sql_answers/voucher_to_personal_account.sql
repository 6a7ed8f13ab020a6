-- A sole trader's own account is left out, also where nothing says that the firm is none.
WITH heads AS (
  SELECT "法定代表人身份证号@ref" AS person, 统一社会信用代码 AS company, 成立日期 AS since, 注销日期 AS until FROM companies
  UNION ALL
  SELECT "身份证号或信用代码@person@ref", 统一社会信用代码, 起始日期, 终止日期 FROM company_roles WHERE 角色 = '法定代表人'),
reached AS (
  SELECT v.凭证号, v.日期, a."户主身份证号@person@ref" AS holder, v.收款人 AS name,
         CASE WHEN v.收款人证件号 IS NULL THEN v."收款人@key" ELSE v."收款人证件号@company" END AS payee
  FROM vouchers v JOIN accounts a ON a."账号@ref" = v."收款账号@ref"
  WHERE v.日期 <= $as_of AND a."户主身份证号@person@ref" IS NOT NULL)
SELECT DISTINCT r.凭证号 AS voucher
FROM reached r LEFT JOIN companies c ON c.统一社会信用代码 = r.payee
WHERE r.payee IS NOT NULL
  AND (CASE WHEN c.类型 IS NOT NULL THEN NOT contains(c.类型, '个体')
            WHEN regexp_full_match(r.payee, '[0-9A-Z]{18}') THEN NOT starts_with(r.payee, '92')
            ELSE contains(r.name, '公司') OR contains(r.name, '合作社') END
       OR NOT EXISTS (FROM heads h WHERE h.company = r.payee AND h.person = r.holder AND h.since <= r.日期 AND r.日期 < h.until))
