// From those who run or own a business to what they were paid of programmes that exclude it, while it stood.
MATCH (beneficiary:Person)
MATCH held = (beneficiary)-[role:HAS_ROLE]->(company:Company)
WHERE (role.role = '法定代表人' OR (role.role = '股东' AND role.share >= $min_share))
  // Empty cells count here and ask for checking below; a co-operative and a small sole trader do not count.
  AND (company.kind IS NULL OR company.kind CONTAINS '公司'
       OR (company.kind CONTAINS '个体' AND coalesce(company.capital, $min_capital) >= $min_capital))
WITH beneficiary, company, collect({held: held, role: role}) AS roles
MATCH received = (beneficiary)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
  AND coalesce(company.founded <= payment.date, true)
  AND (coalesce(company.status, '存续') = '存续' OR company.cancelled > payment.date)
MATCH (programme:Programme {key: payment.programme})
WHERE any(condition IN programme.excludes WHERE condition CONTAINS '经商')
WITH *, [one IN roles WHERE one.role.from <= payment.date < one.role.to] AS standing
WHERE size(standing) > 0
WITH *, company.kind IS NULL OR (company.kind CONTAINS '个体' AND company.capital IS NULL) AS unknown
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, beneficiary.village)})
RETURN beneficiary, company, programme, payment, village,
       [one IN standing | one.role.role] AS role, [one IN standing | one.role.share / 100] AS share,
       company.kind AS type, company.capital AS capital, company.founded AS founded, company.status AS status, company.cancelled AS cancelled,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN unknown THEN 'verify' ELSE 'medium' END AS level,
       {role_that_day: 'for',
        standing: CASE WHEN company.status IS NULL THEN 'missing' ELSE 'for' END,
        type: CASE WHEN unknown THEN 'missing' ELSE 'for' END} AS checks,
       [one IN standing | one.held] + [received] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:INTO]->() | p] + [p = (payment)-[:FOR]->()<-[:APPROVED]-() | p] AS context
