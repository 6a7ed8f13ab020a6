// From the company to the owners that let contracts to it, and to firms of the same people on the days of their contracts.
MATCH (company:Company)
MATCH (company)<-[:AWARDED_TO]-(contract:Contract)-[:LET_BY]->(payer:Unit)
WHERE coalesce(contract.signed, $as_of) <= $as_of
WITH company, payer, collect(contract) AS own
WITH *, [(company)<-[here:HAS_ROLE]-(:Person)-[tie:SPOUSE_OF*0..1]-(:Person)-[there:HAS_ROLE]->(other:Company)
         <-[:AWARDED_TO]-(theirs:Contract)-[:LET_BY]->(same:Unit)
         WHERE same = payer AND other <> company AND coalesce(theirs.signed, $as_of) <= $as_of
           AND (here.role = '法定代表人' OR (here.role = '股东' AND here.share >= $min_share))
           AND (there.role = '法定代表人' OR (there.role = '股东' AND there.share >= $min_share))
           AND here.from <= theirs.signed < here.to AND there.from <= theirs.signed < there.to
           AND all(bond IN tie WHERE bond.from <= theirs.signed < bond.to)
         | {firm: other, contract: theirs}] AS ties
WITH *, reduce(found = [], one IN ties | CASE WHEN one.contract IN found THEN found ELSE found + one.contract END) AS theirs,
     reduce(found = [], one IN ties | CASE WHEN one.firm IN found THEN found ELSE found + one.firm END) AS firms
WHERE size(own) + size(theirs) >= $min_contracts
WITH *, [(payer)<-[:LET_BY]-(any:Contract) WHERE coalesce(any.signed, $as_of) <= $as_of | coalesce(any.amount, 0.0)] AS all_amounts
WITH *, size(own) >= $min_contracts AND 1.0 * size(own) / size(all_amounts) >= $min_part
        AND reduce(sum = 0.0, c IN own | sum + coalesce(c.amount, 0.0)) >= $min_part * reduce(sum = 0.0, a IN all_amounts | sum + a) AS alone
// Of linked firms the one with most contracts stands for all, unless it reaches the shares alone.
WITH *, CASE WHEN alone THEN 'one_company'
             WHEN size(firms) > 0 AND none(firm IN firms WHERE
               size([c IN theirs WHERE {firm: firm, contract: c} IN ties]) > size(own)
               OR (size([c IN theirs WHERE {firm: firm, contract: c} IN ties]) = size(own) AND firm.key < company.key))
             THEN 'linked_companies' END AS kind
WHERE kind IS NOT NULL
WITH *, CASE kind WHEN 'one_company' THEN own ELSE own + theirs END AS contracts,
     CASE kind WHEN 'one_company' THEN [] ELSE firms END AS linked
WITH *, 1.0 * size(contracts) / size(all_amounts) AS share_number,
     reduce(sum = 0.0, c IN contracts | sum + coalesce(c.amount, 0.0)) / reduce(sum = 0.0, a IN all_amounts | sum + a) AS share_money
WHERE share_number >= $min_part AND share_money >= $min_part
// What chance gives: its share of everybody else's contracts. If the payer's were drawn from all contracts without replacement, the
// company's among them follow the hypergeometric distribution (one-sided exact test, R. A. Fisher, The Design of Experiments, 1935).
WITH *, COUNT { MATCH (c:Contract)-[:LET_BY]->(unit:Unit) WHERE unit <> payer AND coalesce(c.signed, $as_of) <= $as_of } AS others,
     size([(firm:Company)<-[:AWARDED_TO]-(c:Contract)-[:LET_BY]->(unit:Unit)
           WHERE firm IN [company] + linked AND unit <> payer AND coalesce(c.signed, $as_of) <= $as_of | c]) AS given_elsewhere
WITH *, CASE WHEN others >= $min_contracts THEN 1.0 * given_elsewhere / others END AS elsewhere
WITH *, size(contracts) AS k, size(all_amounts) AS n, size(contracts) + given_elsewhere AS won, size(all_amounts) + others AS total
WITH *,
     exp(reduce(s = 0.0, j IN range(1, k) | s + log(1.0 * (won - k + j) / j))
         + reduce(s = 0.0, j IN range(1, n - k) | s + log(1.0 * (total - won - n + k + j) / j))
         - reduce(s = 0.0, j IN range(1, n) | s + log(1.0 * (total - n + j) / j)))
       * reduce(t = [1.0, 1.0], i IN range(k, CASE WHEN n < won THEN n ELSE won END - 1) |
           [t[0] * (won - i) * (n - i) / ((i + 1) * (total - won - n + i + 1)),
            t[1] + t[0] * (won - i) * (n - i) / ((i + 1) * (total - won - n + i + 1))])[1] AS chance
UNWIND contracts AS contract
RETURN payer, company, kind, linked, contract, share_number, share_money, elsewhere,
       k AS observed, toString(round(1.0 * n * won / total, 1)) AS expected, chance,
       contract.amount AS amount, contract.signed AS day,
       CASE WHEN elsewhere >= $min_part THEN 'low' WHEN company.key STARTS WITH '名称:' THEN 'verify' ELSE 'medium' END AS level,
       {share: 'for',
        linked: CASE WHEN size(linked) > 0 THEN 'for' END,
        market: CASE WHEN elsewhere IS NULL THEN 'missing' WHEN elsewhere >= $min_part THEN 'against' ELSE 'for' END,
        identified: CASE WHEN company.key STARTS WITH '名称:' THEN 'missing' END} AS checks,
       [p = (contract)-[:AWARDED_TO|LET_BY]->() | p] AS evidence,
       [p = (company)<-[:HAS_ROLE]-(:Person)-[:HAS_ROLE]->(firm:Company) WHERE firm IN linked | p] AS context
