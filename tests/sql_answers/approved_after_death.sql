WITH dead AS (SELECT "身份证号@ref" AS person, max(死亡日期) AS died FROM deaths GROUP BY person)
SELECT DISTINCT d.person, a.项目编码 AS programme
FROM dead d JOIN applications a ON a."申请人身份证号@ref" = d.person
WHERE a.审批日期 > d.died AND a.审批日期 <= $as_of AND a.审批结果 = '同意'
