-- Monday to Friday are worked: so many days after the payment, and two for each weekend between.
WITH paid AS (
  SELECT *, isodow(发放日期) AS weekday, least(isodow(发放日期), 5) AS worked FROM payments WHERE 录入日期 <= $as_of)
SELECT DISTINCT p.项目编码 AS programme, coalesce(p.村编码, a.村编码, r.村编码) AS village, strftime(p.发放日期, '%Y-%m') AS month
FROM paid p LEFT JOIN applications a ON a.申请编号 = p.申请编号
LEFT JOIN residents r ON r."公民身份号码@ref" = p."身份证号@ref"
SEMI JOIN divisions d ON d.村编码 = coalesce(p.村编码, a.村编码, r.村编码)
WHERE p.录入日期 - p.发放日期 >= $max_days + 1 + (p.worked + $max_days) // 5 * 2 - (p.weekday - p.worked)
