-- Who represents a firm or owns enough of it, on the day; co-operatives and small sole traders do not count, empty cells do.
WITH roles AS (
  SELECT "法定代表人身份证号@ref" AS person, 统一社会信用代码 AS company, 成立日期 AS since, 注销日期 AS until FROM companies
  UNION ALL
  SELECT "身份证号或信用代码@person@ref", 统一社会信用代码, 起始日期, 终止日期 FROM company_roles
  WHERE 角色 = '法定代表人' OR (角色 = '股东' AND 持股比例 >= $min_share))
SELECT DISTINCT r.person AS beneficiary, r.company, p.项目编码 AS programme
FROM roles r JOIN payments p ON p."身份证号@ref" = r.person
JOIN programmes g ON g.项目编码 = p.项目编码
LEFT JOIN companies c ON c.统一社会信用代码 = r.company
WHERE r.since <= p.发放日期 AND p.发放日期 < r.until AND p.发放日期 <= $as_of
  AND (c.类型 IS NULL OR contains(c.类型, '公司')
       OR (contains(c.类型, '个体') AND coalesce(c."注册资本（万元）", $min_capital) >= $min_capital))
  AND coalesce(c.成立日期 <= p.发放日期, TRUE)
  AND (coalesce(c.经营状态, '存续') = '存续' OR c."注销日期@known" > p.发放日期)
  AND list_bool_or(list_transform(g.排斥条件, lambda condition: contains(condition, '经商')))
