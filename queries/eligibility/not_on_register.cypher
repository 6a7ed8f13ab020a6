// From the people to what they were paid of programmes that hang on a register, and to their days on it.
MATCH (person:Person)
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
// A register of which nobody is known says nothing about anybody.
MATCH (register:Register {key: programme.register})
WITH *, [p = (person)-[:ON_REGISTER]->(listed:Register) WHERE listed.name = register.name | p] AS entries
WHERE none(p IN entries WHERE last(relationships(p)).from - duration({days: $grace_days}) <= payment.date
                          AND payment.date <= last(relationships(p)).to + duration({days: $grace_days}))
WITH *,
     CASE WHEN coalesce(programme.target, '家庭') = '家庭'
          THEN [p = (person)-[:MEMBER_OF]->(:Household)<-[:MEMBER_OF]-(member:Person)-[:ON_REGISTER]->(listed:Register)
                WHERE listed.name = register.name | p] ELSE [] END AS household
WITH *, [p IN household WHERE last(relationships(p)).from <= payment.date < last(relationships(p)).to] AS members
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, person.village)})
RETURN person, programme, register, payment, village,
       [p IN entries | last(relationships(p)).from] AS listed_from,
       [p IN entries WHERE last(relationships(p)).to < date('9999-12-31') | last(relationships(p)).to] AS listed_to,
       [p IN members | nodes(p)[2]] AS member,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN NOT coalesce(person.identified, true) THEN 'verify'
            WHEN size(members) = 0 THEN 'medium'
            WHEN programme.target IS NULL THEN 'verify'
            ELSE 'low' END AS level,
       {listed: CASE WHEN size(entries) = 0 THEN 'for' ELSE 'against' END,
        household: CASE WHEN size(members) = 0 THEN null WHEN programme.target IS NULL THEN 'missing' ELSE 'against' END,
        id_number: CASE WHEN NOT coalesce(person.identified, true) THEN 'missing' END} AS checks,
       [received] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       entries + members + [p = (payment)-[:INTO]->() | p] + [p = (payment)-[:FOR]->()<-[:APPROVED]-() | p] AS context
