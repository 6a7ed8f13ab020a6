// From the projects to their planned days, by what was started and finished on the day of the run.
MATCH (project:Project)
WHERE NOT coalesce(project.state CONTAINS '取消' OR project.state CONTAINS '终止' OR project.state CONTAINS '撤销', false)
WITH *,
     coalesce(project.started <= $as_of, false) OR coalesce(project.finished <= $as_of, false) AS started,
     coalesce(project.finished <= $as_of, false) AS finished
WITH *, [due IN [{what: '开工', day: project.planned_start, done: started}, {what: '竣工', day: project.planned_end, done: finished}]
         WHERE NOT due.done AND due.day + duration({days: $min_days}) <= $as_of] AS overdue
WHERE size(overdue) > 0
WITH *, coalesce((project.started IS NULL AND project.state CONTAINS '在建')
              OR (project.finished IS NULL AND any(word IN ['竣工', '完工', '完成', '验收'] WHERE project.state CONTAINS word AND NOT project.state CONTAINS '未')), false) AS contradicted
OPTIONAL MATCH (village:Village {key: project.village})
RETURN project, village, [(leader:Person)-[:LEADS]->(project) | leader] AS leader, [(unit:Unit)-[:RUNS]->(project) | unit] AS unit,
       [due IN overdue | due.what] AS late, [due IN overdue | due.day] AS planned,
       project.state AS state, project.amount AS amount,
       CASE WHEN contradicted THEN 'verify' ELSE 'low' END AS level,
       {started: CASE WHEN '开工' IN [due IN overdue | due.what] THEN 'for' END,
        finished: CASE WHEN '竣工' IN [due IN overdue | due.what] THEN 'for' END,
        state: CASE WHEN contradicted THEN 'against' WHEN project.state IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       [p = (project)<-[:RUNS|LEADS]-() | p] AS evidence,
       [p = (project)-[:AT]->() | p] + [p = (project)<-[:CARRIES_OUT]-(:Contract)-[:AWARDED_TO]->() | p] AS context
