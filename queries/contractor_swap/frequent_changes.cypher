// From the contract to all its changes; what a change of the amount adds is its new value less its old one, both written as text.
MATCH (contract:Contract)
MATCH changing = (contract)<-[:CHANGES]-(change:ContractChange)
WHERE coalesce(change.date, $as_of) <= $as_of
WITH contract, collect(change) AS changes, collect(changing) AS changings, max(change.date) AS day
WITH *, [change IN changes WHERE change.kind = '金额' |
         [said IN [change.new_value, change.old_value] |
          toFloat(replace(replace(replace(said, ',', ''), '元', ''), '万', '')) * CASE WHEN said CONTAINS '万' THEN 10000.0 ELSE 1.0 END]
        ] AS pairs
WITH *, size([change IN changes WHERE change.approval_no IS NULL]) AS unapproved,
     CASE WHEN size(pairs) > 0 AND contract.amount > 0
          THEN round(reduce(more = 0.0, pair IN pairs | more + coalesce(pair[0] - pair[1], 0.0)) / contract.amount, 6) END AS growth,
     any(pair IN pairs WHERE pair[0] - pair[1] IS NULL OR coalesce(contract.amount, 0.0) = 0) AS unread
WITH *, size(changes) >= $min_changes AS often, coalesce(growth > $max_growth, false) AS grown
WHERE (often OR grown OR (unread AND unapproved > 0))
OPTIONAL MATCH (contract)-[:AWARDED_TO]->(contractor:Company)
OPTIONAL MATCH (contract)-[:CARRIES_OUT]->(project:Project)
OPTIONAL MATCH (village:Village {key: project.village})
RETURN contract, contractor, project, village, size(changes) AS times, unapproved, growth,
       contract.amount AS amount, day,
       CASE WHEN unapproved = 0 THEN 'low' WHEN often OR grown THEN 'medium' ELSE 'verify' END AS level,
       {often: CASE WHEN often THEN 'for' END,
        grown: CASE WHEN grown THEN 'for' WHEN unread THEN 'missing' END,
        approved: CASE WHEN unapproved = 0 THEN 'against' ELSE 'for' END} AS checks,
       changings AS evidence,
       [p = (contract)-[:AWARDED_TO|CARRIES_OUT]->() | p] AS context
