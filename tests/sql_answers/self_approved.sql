-- Own applications agreed to, own payments signed, and own payments under an application that one signed oneself.
WITH agreed AS (
  SELECT 申请编号, 项目编码, "申请人身份证号@ref" AS applicant, 审批日期,
         ["经办人身份证号@ref", "审核人身份证号@ref", "审批人身份证号@ref"] AS signers
  FROM applications WHERE 审批结果 = '同意'),
signed AS (
  SELECT applicant AS official, 项目编码 AS programme FROM agreed
  WHERE list_contains(signers, applicant) AND 审批日期 <= $as_of
  UNION
  SELECT "身份证号@ref", 项目编码 FROM payments
  WHERE "身份证号@ref" IN ("经办人身份证号@ref", "审批人身份证号@ref") AND 发放日期 <= $as_of
  UNION
  SELECT p."身份证号@ref", p.项目编码 FROM payments p JOIN agreed a ON a.申请编号 = p.申请编号
  WHERE list_contains(a.signers, p."身份证号@ref") AND p.发放日期 <= $as_of)
SELECT official, programme FROM signed LEFT JOIN programmes g ON g.项目编码 = programme
WHERE coalesce(g.发放方式, '审核') = '审核'
