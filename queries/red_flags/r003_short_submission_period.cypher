// Method: Open Contracting Partnership, Red flags in public procurement, R003 (as Cardinal works it out, in whole days of 24 hours).
MATCH (project:Project)
WHERE coalesce(project.tender_status, '') <> 'cancelled' AND coalesce(project.tender_from, $as_of) <= $as_of
  AND ($methods = '' OR project.procurement_method IN split($methods, '|'))
WITH project, coalesce(
       [own IN split($days_by_details, '|') WHERE split(own, '=')[0] = project.procurement_method_details | toInteger(split(own, '=')[1])][0],
       $min_days) AS required
WHERE project.tender_days < required
OPTIONAL MATCH run = (project)<-[:BUYS|RUNS]-(:Unit)
WITH project, required, collect(run) AS runs
RETURN project, project.tender_days AS days, required, project.tenderers AS tenderers, project.amount AS amount, project.tender_from AS day,
       CASE WHEN project.tender_days < 0 THEN 'verify' ELSE 'medium' END AS level,
       {period: CASE WHEN project.tender_days < 0 THEN 'missing' ELSE 'for' END,
        competed: CASE WHEN project.tenderers > 1 THEN 'against' WHEN project.tenderers IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       runs AS evidence, [p = (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(:Bid)<-[:PLACED]-() | p] AS context
