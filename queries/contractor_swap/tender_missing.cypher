// From the project without any bid to what was approved and signed.
MATCH (project:Project)
WHERE project.emergency_no IS NULL
  AND coalesce(project.approved_on, $as_of) <= $as_of
  AND NOT EXISTS {
    MATCH (project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(bid:Bid)
    WHERE coalesce(bid.opened, bid.announced, $as_of) <= $as_of
  }
WITH project, coalesce(project.method IN ['公开招标', '邀请招标'], false) AS for_tender,
     CASE WHEN project.approved_on < $limit_from THEN $limit_before WHEN project.approved_on >= $limit_from THEN $limit END AS threshold,
     reduce(total = 0.0, part IN [(project)<-[:CARRIES_OUT]-(own:Contract) WHERE coalesce(own.signed, $as_of) <= $as_of | own.amount]
            | total + coalesce(part, 0.0)) AS contracted
WITH *, CASE WHEN contracted > coalesce(project.amount, 0.0) THEN contracted ELSE project.amount END AS size
// Without the day of approval the lower limit says what is looked at, the higher one what is sure.
WITH *, coalesce(size >= coalesce(threshold, $limit_before), false) AS large, coalesce(size >= coalesce(threshold, $limit), false) AS surely_large
OPTIONAL MATCH signing = (project)<-[:CARRIES_OUT]-(contract:Contract)
WHERE coalesce(contract.signed, $as_of) <= $as_of
OPTIONAL MATCH awarded = (contract)-[:AWARDED_TO]->(contractor:Company)
OPTIONAL MATCH (signer:Person)-[:SIGNED]->(contract)
WITH *
WHERE CASE WHEN for_tender THEN contract IS NOT NULL ELSE large END
OPTIONAL MATCH (village:Village {key: project.village})
RETURN project, contract, contractor, signer, village, project.method AS approved, size, threshold, contract.signed AS signed,
       coalesce(contract.amount, project.amount) AS amount, coalesce(contract.signed, project.approved_on) AS day,
       CASE WHEN for_tender OR (surely_large AND project.method IS NOT NULL) THEN 'high' ELSE 'verify' END AS level,
       {no_bids: 'for',
        approved: CASE WHEN project.method IS NULL THEN 'missing' WHEN for_tender THEN 'for' END,
        above_limit: CASE WHEN surely_large THEN 'for' WHEN large THEN 'missing' END,
        emergency: 'for'} AS checks,
       [p IN [signing, awarded] WHERE p IS NOT NULL] + [p = (project)-[:AT]->() | p] AS evidence,
       [p = (project)<-[:LEADS|RUNS]-() | p] + [p = (contract)<-[:SIGNED]-() | p] AS context
