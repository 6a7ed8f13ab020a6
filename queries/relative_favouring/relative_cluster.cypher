// From the cadres over their kin to the kin's payments; only where enough of them are paid are the residents of the village counted.
// Hypergeometric upper tail: of N residents K are paid; P(X >= k) when n are drawn without replacement (the one-sided exact test of
// R. A. Fisher, The Design of Experiments, 1935). Binomial coefficients are sums of logarithms, the tail follows from the ratio of
// neighbouring terms, so that nothing overflows.
MATCH (official:Official)
MATCH (official)-[post:HOLDS_POST]->(village:Village)
WITH official, village, collect(DISTINCT post) AS terms
MATCH (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree AND relative.village = village.key AND coalesce(relative.household <> official.household, true)
  AND any(term IN terms WHERE kin.from < term.to AND term.from < kin.to)
WITH official, village, terms, collect(DISTINCT relative) AS pool
UNWIND pool AS relative
MATCH received = (relative)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of AND any(term IN terms WHERE term.from <= payment.date < term.to)
  AND EXISTS { MATCH (official)-[kin:KIN]->(who:Person)
               WHERE who = relative AND kin.degree <= $max_degree AND kin.from <= payment.date < kin.to }
WITH official, village, terms, pool, payment.programme AS code, collect(DISTINCT relative) AS recipients, collect(received) AS receipts
WHERE size(recipients) >= $min_relatives
MATCH (programme:Programme {key: code})
WHERE coalesce(programme.mode, '审核') = '审核'
WITH *,
     COUNT { (village)<-[:IN]-(:Household)<-[:MEMBER_OF]-(:Person) } AS everybody,
     COUNT { MATCH (official)-[:MEMBER_OF]->(own:Household) MATCH (own)<-[:MEMBER_OF]-(:Person) WHERE own.village = village.key } AS at_home,
     COLLECT {
       MATCH (village)<-[:IN]-(:Household)<-[:MEMBER_OF]-(somebody:Person)
       WHERE EXISTS { MATCH (somebody)<-[:TO]-(other:Payment)
                      WHERE other.programme = code AND coalesce(other.date, $as_of) <= $as_of
                        AND any(term IN terms WHERE term.from <= other.date < term.to) }
       RETURN DISTINCT somebody
     } AS payees
// Kin paid only on days when they were not kin count on neither side.
WITH *, size([x IN pool WHERE x IN payees AND NOT x IN recipients]) AS left_out
WITH *, everybody - at_home - left_out AS residents, size(pool) - left_out AS n, size(recipients) AS k,
     size([x IN payees WHERE coalesce(x.household <> official.household, true)]) - left_out AS paid
WITH *,
     exp(reduce(s = 0.0, j IN range(1, k) | s + log(1.0 * (paid - k + j) / j))
         + reduce(s = 0.0, j IN range(1, n - k) | s + log(1.0 * (residents - paid - n + k + j) / j))
         - reduce(s = 0.0, j IN range(1, n) | s + log(1.0 * (residents - n + j) / j)))
       * reduce(t = [1.0, 1.0], i IN range(k, CASE WHEN n < paid THEN n ELSE paid END - 1) |
           [t[0] * (paid - i) * (n - i) / ((i + 1) * (residents - paid - n + i + 1)),
            t[1] + t[0] * (paid - i) * (n - i) / ((i + 1) * (residents - paid - n + i + 1))])[1] AS p
WHERE p <= $max_p
// The same for every ordinary household of the village: nobody in it with a post, none of it kin of this cadre.
WITH *,
     [(official)-[kin:KIN]->(who:Person) WHERE kin.degree <= $max_degree | who.household] AS related,
     reduce(day = date('9999-12-31'), term IN terms | CASE WHEN term.from < day THEN term.from ELSE day END) AS first,
     reduce(day = date('0001-01-01'), term IN terms | CASE WHEN term.to > day THEN term.to ELSE day END) AS last
WITH *,
     COLLECT {
       MATCH (village)<-[:IN]-(home:Household)
       WHERE NOT coalesce(home.key IN related, false) AND NOT EXISTS { (home)<-[:MEMBER_OF]-(:Official) }
       WITH home, [(home)<-[:MEMBER_OF]-(member:Person) | member] AS members
       WITH home, members, COLLECT {
         MATCH (home)<-[:MEMBER_OF]-(member:Person)
         UNWIND [(member)-[w:SPOUSE_OF]-(x:Person) WHERE w.from < last AND first < w.to | x]
                + [(member)<-[:PARENT_OF*1..4]-(x:Person) WHERE $max_degree >= 2 | x]
                + [(member)-[:PARENT_OF*1..4]->(x:Person) WHERE $max_degree >= 2 | x]
                + [(member)<-[:PARENT_OF*0..1]-(:Person)-[:SIBLING_OF]-(:Person)-[:PARENT_OF*0..1]->(x:Person)
                   WHERE $max_degree >= 3 | x]
                + [(member)<-[:PARENT_OF*0..1]-(:Person)-[:SIBLING_OF]-(:Person)-[:PARENT_OF*0..1]->(:Person)-[w:SPOUSE_OF]-(x:Person)
                   WHERE $max_degree >= 4 AND w.from < last AND first < w.to | x]
                + [(member)-[w:SPOUSE_OF]-(:Person)-[:SIBLING_OF|PARENT_OF]-(x:Person)
                   WHERE $max_degree >= 4 AND w.from < last AND first < w.to | x]
                + [(member)-[w:SPOUSE_OF]-(:Person)-[:SIBLING_OF]-(:Person)-[v:SPOUSE_OF]-(x:Person)
                   WHERE $max_degree >= 4 AND w.from < last AND first < w.to AND v.from < last AND first < v.to | x]
                + [(member)-[:PARENT_OF]->(:Person)-[w:SPOUSE_OF]-(:Person)<-[:PARENT_OF*0..1]-(x:Person)
                   WHERE $max_degree >= 4 AND w.from < last AND first < w.to | x]
                + [(member)<-[:PARENT_OF]-(:Person)-[w:SPOUSE_OF]-(x:Person)
                   WHERE $max_degree >= 4 AND w.from < last AND first < w.to | x] AS x
         WITH DISTINCT x WHERE x.village = village.key AND x.household <> home.key
         RETURN x
       } AS relatives
       WITH size(relatives) AS m, size([x IN relatives WHERE x IN payees]) AS hits, everybody - size(members) AS others,
            size(payees) - size([x IN members WHERE x IN payees]) AS others_paid
       RETURN exp(reduce(s = 0.0, j IN range(1, hits) | s + log(1.0 * (others_paid - hits + j) / j))
                  + reduce(s = 0.0, j IN range(1, m - hits) | s + log(1.0 * (others - others_paid - m + hits + j) / j))
                  - reduce(s = 0.0, j IN range(1, m) | s + log(1.0 * (others - m + j) / j)))
                * reduce(t = [1.0, 1.0], i IN range(hits, CASE WHEN m < others_paid THEN m ELSE others_paid END - 1) |
                    [t[0] * (others_paid - i) * (m - i) / ((i + 1) * (others - others_paid - m + i + 1)),
                     t[1] + t[0] * (others_paid - i) * (m - i) / ((i + 1) * (others - others_paid - m + i + 1))])[1]
     } AS ordinary
WITH *, size(ordinary) AS households, size([q IN ordinary WHERE q <= p]) AS as_small
WITH *, CASE WHEN households > 0 THEN 1.0 * as_small / households END AS share
WHERE coalesce(share <= $max_share, true)
UNWIND receipts AS received
WITH *, nodes(received)[0] AS relative, nodes(received)[1] AS payment
RETURN official, programme, payment, village, relative,
       [term IN terms WHERE term.from <= payment.date < term.to | coalesce(village.town_name, '') + coalesce(village.name, village.key) + term.title] AS post,
       n AS pool, k AS observed, residents, paid, toString(round(1.0 * n * paid / residents, 1)) AS expected,
       p AS chance,
       households, as_small, share, payment.amount AS amount, payment.date AS day,
       CASE WHEN programme.mode IS NULL OR official.household IS NULL OR share IS NULL THEN 'verify' ELSE 'high' END AS level,
       {chance: 'for',
        ordinary: CASE WHEN share IS NULL THEN 'missing' ELSE 'for' END,
        household: CASE WHEN official.household IS NULL THEN 'missing' END,
        mode: CASE WHEN programme.mode IS NULL THEN 'missing' END} AS checks,
       [received] + [p = (official)-[kin:KIN]->(who:Person) WHERE who = relative AND kin.from <= payment.date < kin.to | p]
         + [p = (official)-[:HOLDS_POST]->(place:Village) WHERE place = village | p] AS evidence,
       [p = (payment)-[:UNDER]->() | p] AS context
