// From the company to what it was paid, and along up to three transfers to the accounts of officials and their kin.
MATCH (company:Company)
MATCH billed = (company)<-[:PAYS]-(voucher:Voucher)-[:SPENT_BY]->(payer:Village|Unit)
WHERE coalesce(voucher.date, $as_of) <= $as_of
WITH *, voucher.date + duration({days: $max_days}) AS deadline,
     [(company)<-[:HELD_BY]-(own:Account) | own] + [(voucher)-[:INTO]->(named:Account) | named] AS starts
MATCH (company)-[:HELD_BY|PAYS|INTO*1..2]-(start:Account)
WHERE start IN starts
WITH DISTINCT company, billed, voucher, payer, deadline, starts, start
MATCH one = (start)<-[:FROM_ACCOUNT]-(first:Transfer)-[:TO_ACCOUNT]->(a:Account)
WHERE voucher.date <= first.date <= deadline AND coalesce(first.date, $as_of) <= $as_of AND NOT a IN starts
OPTIONAL MATCH two = (a)<-[:FROM_ACCOUNT]-(second:Transfer)-[:TO_ACCOUNT]->(b:Account)
WHERE first.date <= second.date <= deadline AND coalesce(second.date, $as_of) <= $as_of AND NOT b IN starts
OPTIONAL MATCH three = (b)<-[:FROM_ACCOUNT]-(third:Transfer)-[:TO_ACCOUNT]->(c:Account)
WHERE second.date <= third.date <= deadline AND coalesce(third.date, $as_of) <= $as_of AND NOT c IN starts
UNWIND [{account: a, steps: [first], before: [], trail: [one]},
        {account: b, steps: [first, second], before: [a], trail: [one, two]},
        {account: c, steps: [first, second, third], before: [a, b], trail: [one, two, three]}] AS chain
WITH DISTINCT company, billed, voucher, payer, chain, chain.account AS reached
MATCH held = (reached:Account)-[:HELD_BY]->(person:Person)
// What passes through the person's own accounts has arrived before.
WHERE NOT EXISTS { MATCH (person)<-[:HELD_BY]-(earlier:Account) WHERE earlier IN chain.before }
WITH *, [p = (person)<-[:KIN*0..1]-(official:Person)-[post:HOLDS_POST|IN_CHARGE]->()
         WHERE post.from <= voucher.date < post.to
           AND all(kin IN relationships(p)[..-1] WHERE kin.degree <= $max_degree AND kin.from <= voucher.date < kin.to) | p] AS ties,
     [(voucher)-[:SPENT_BY|FOR_PROJECT|UNDER_CONTRACT|CARRIES_OUT*1..2]->(place) | place] AS places
WHERE size(ties) > 0
// No more has come than passed each step of the chains of one length.
WITH company, billed, voucher, payer, person, ties, places, size(chain.steps) AS length,
     collect({steps: chain.steps, trail: chain.trail, held: held}) AS chains
WITH *, [at IN range(0, length - 1) | reduce(seen = [], one IN chains | CASE WHEN one.steps[at] IN seen THEN seen ELSE seen + one.steps[at] END)] AS passed
WITH *, [transfers IN passed | reduce(sum = 0.0, one IN transfers | sum + one.amount)] AS sums
WITH company, billed, voucher, payer, person, ties, places, collect(chains) AS lengths,
     sum(reduce(least = head(sums), one IN sums | CASE WHEN one < least THEN one ELSE least END)) AS arrived
WHERE arrived >= $min_part * voucher.amount
WITH *, [p IN ties WHERE last(nodes(p)) IN places] AS powers
UNWIND lengths AS chains
UNWIND chains AS chain
OPTIONAL MATCH (village:Village {key: voucher.village})
WITH *, last(chain.steps) AS transfer, [p IN ties WHERE size(powers) = 0 OR p IN powers] AS shown
RETURN payer, company, person, voucher, transfer, village, size(chain.steps) AS steps,
       [p IN shown | CASE WHEN length(p) > 1 THEN nodes(p)[-2] END] AS official,
       [p IN shown | CASE WHEN length(p) > 1 THEN relationships(p)[0].term END] AS term,
       [p IN ties | coalesce(last(nodes(p)).town_name, '') + coalesce(last(nodes(p)).name, last(nodes(p)).key)
                    + last(relationships(p)).title] AS office,
       [p IN powers | coalesce(last(relationships(p)).by, last(relationships(p)).title)] AS power,
       voucher.amount AS paid, arrived / voucher.amount AS share,
       transfer.amount AS amount, transfer.date AS day,
       CASE WHEN size(powers) > 0 THEN 'high' ELSE 'medium' END AS level,
       {flow: 'for', office: 'for', power: CASE WHEN size(powers) > 0 THEN 'for' ELSE 'against' END} AS checks,
       [billed, chain.held] + chain.trail + shown AS evidence,
       [p = (voucher)-[:FOR_PROJECT|UNDER_CONTRACT]->() | p] AS context
