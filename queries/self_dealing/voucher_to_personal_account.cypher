// From the voucher to its payee, a company, and to the person who holds the account that the money reached.
MATCH (voucher:Voucher)
MATCH billed = (voucher)-[:PAYS]->(payee:Company)
MATCH reached = (voucher)-[:INTO]->(account:Account)-[:HELD_BY]->(holder:Person)
WHERE coalesce(voucher.date, $as_of) <= $as_of
WITH *,
     [(payee)<-[role:HAS_ROLE]-(owner:Person) WHERE role.role = '法定代表人' AND role.from <= voucher.date < role.to | owner] AS owners,
     // Where the register of firms does not say: a credit code does (GB 32100-2015, 92 is a sole trader's), and so do names that
     // sole traders may not bear.
     CASE WHEN payee.kind IS NOT NULL THEN payee.kind CONTAINS '个体'
          WHEN payee.key =~ '[0-9A-Z]{18}' THEN payee.key STARTS WITH '92'
          WHEN payee.name CONTAINS '公司' OR payee.name CONTAINS '合作社' THEN false END AS sole_trader
WHERE NOT (holder IN owners AND sole_trader)
WITH *, coalesce(sole_trader AND size(owners) = 0, true) AS unsure,
     [(voucher)-[:SPENT_BY|FOR_PROJECT|UNDER_CONTRACT|CARRIES_OUT*1..2]->(place) | place] AS places
WITH *,
     [p = (holder)<-[:KIN*0..1]-(official:Official)-[charge:IN_CHARGE|HOLDS_POST]->(place)
      WHERE place IN places AND charge.from <= voucher.date < charge.to
        AND all(kin IN relationships(p)[..-1] WHERE kin.degree <= $max_degree AND kin.from <= voucher.date < kin.to) | p] AS powers
OPTIONAL MATCH (village:Village {key: voucher.village})
RETURN voucher, payee, account, holder, village, owners AS owner,
       [p IN powers | nodes(p)[-2]] AS official,
       [p IN powers | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key)
                      + coalesce(last(relationships(p)).title, '（' + last(relationships(p)).by + '）')] AS office,
       [p IN powers | relationships(p)[0].term] AS term,
       voucher.amount AS amount, voucher.date AS day,
       CASE WHEN unsure THEN 'verify' WHEN size(powers) > 0 THEN 'high' ELSE 'medium' END AS level,
       {private: 'for',
        power: CASE WHEN size(powers) > 0 THEN 'for' ELSE 'against' END,
        sole_trader: CASE WHEN unsure THEN 'missing' ELSE 'for' END} AS checks,
       [billed, reached] + powers AS evidence,
       [p = (voucher)-[:FOR_PROJECT|UNDER_CONTRACT]->() | p] + [p = (payee)<-[:HAS_ROLE]-(:Person) | p]
         + [p = (voucher)<-[:HANDLED|APPROVED]-() | p] AS context
