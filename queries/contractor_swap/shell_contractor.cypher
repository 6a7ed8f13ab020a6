// From the company to the one project it has a contract for.
MATCH (company:Company)
MATCH (company)<-[:AWARDED_TO]-(contract:Contract)-[:CARRIES_OUT]->(project:Project)
WHERE coalesce(contract.signed, $as_of) <= $as_of
WITH company, project, collect(contract) AS contracts, min(contract.signed) AS signed, sum(contract.amount) AS total
WHERE company.founded <= signed AND signed < company.founded + duration({days: $max_days})
  AND total >= $min_amount
  AND NOT EXISTS {
    MATCH (company)<-[:AWARDED_TO|NEW_CONTRACTOR|PAYS]-(paper)-[:CARRIES_OUT|CHANGES|UNDER_CONTRACT|FOR_PROJECT*1..2]->(another:Project)
    WHERE another <> project AND coalesce(paper.signed, paper.date, $as_of) <= $as_of
  }
  AND NOT EXISTS {
    MATCH (company)-[:PLACED]->(bid:Bid)-[:FOR_LOT]->(:Lot)-[:OF]->(another:Project)
    WHERE bid.won AND another <> project AND coalesce(bid.opened, bid.announced, $as_of) <= $as_of
  }
OPTIONAL MATCH shared = (company)<-[here:HAS_ROLE]-(representative:Person)-[there:HAS_ROLE]->(other:Company)
WHERE here.role = '法定代表人' AND there.role = '法定代表人'
  AND here.from <= signed < here.to AND there.from <= signed < there.to
OPTIONAL MATCH (village:Village {key: project.village})
UNWIND contracts AS contract
RETURN company, project, contract, representative, other, village, company.founded AS founded, signed,
       contract.amount AS amount, contract.signed AS day,
       CASE WHEN company.kind CONTAINS '合作社' AND other IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {new: 'for', only_work: 'for',
        representative: CASE WHEN other IS NOT NULL THEN 'for' END,
        co_operative: CASE WHEN company.kind CONTAINS '合作社' AND other IS NULL THEN 'missing' END} AS checks,
       [p = (contract)-[:AWARDED_TO|CARRIES_OUT]->() | p] AS evidence,
       [p IN [shared] WHERE p IS NOT NULL] + [p = (company)<-[:HAS_ROLE]-(:Person) | p] AS context
