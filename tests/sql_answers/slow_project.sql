SELECT 项目编号 AS project FROM projects
WHERE NOT coalesce(contains(状态, '取消') OR contains(状态, '终止') OR contains(状态, '撤销'), FALSE)
  AND NOT coalesce(实际竣工 <= $as_of, FALSE)
  AND ((计划开工 + to_days($min_days) <= $as_of AND NOT coalesce(实际开工 <= $as_of, FALSE))
       OR 计划竣工 + to_days($min_days) <= $as_of)
