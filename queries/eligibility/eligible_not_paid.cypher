// From those on a register today to the programmes that hang on it, and whether any of them reached the household of late.
MATCH (person:Person)-[entry:ON_REGISTER]->(register:Register)
WHERE entry.from <= $as_of < entry.to AND coalesce(person.died > $as_of, true) AND coalesce(person.registration, '正常') = '正常'
WITH person, register, min(entry.from) AS listed
MATCH (programme:Programme {register: register.key})
WHERE coalesce(programme.rhythm, '月') <> '一次性'
WITH *, $as_of - duration({months: $periods * CASE programme.rhythm WHEN '季' THEN 3 WHEN '年' THEN 12 ELSE 1 END}) AS since
// No labels here, so that the payments are those of the person, never looked up by programme.
WITH *, EXISTS {
       MATCH (person)<-[:TO]-(payment)
       WHERE payment.programme = programme.key AND since < payment.date <= $as_of
     } OR (coalesce(programme.target, '个人') = '家庭' AND EXISTS {
       MATCH (person)-[:MEMBER_OF]->(:Household)<-[:MEMBER_OF]-(:Person)<-[:TO]-(shared)
       WHERE shared.programme = programme.key AND since < shared.date <= $as_of
     }) AS paid,
     // Of age for the whole time, and on the register for all of it.
     listed <= since
       AND coalesce(duration.between(person.birth, since).years >= programme.age_min, true)
       AND coalesce(duration.between(person.birth, $as_of).years <= programme.age_max, true) AS due,
     EXISTS {
       MATCH (person)-[:APPLIED]->(application)
       WHERE application.programme = programme.key AND application.result = '不同意' AND listed <= application.approved_on <= $as_of
     } AS refused
WITH person, register, listed, collect({programme: programme, paid: paid, due: due AND NOT refused}) AS claims
WHERE none(claim IN claims WHERE claim.paid) AND any(claim IN claims WHERE claim.due)
WITH *, [claim IN claims WHERE claim.due] AS unpaid
OPTIONAL MATCH (village:Village {key: person.village})
RETURN person, register, village, [claim IN unpaid | claim.programme] AS programme, $periods AS periods,
       listed, person.registration AS registration,
       CASE WHEN person.registration IS NULL THEN 'verify' ELSE 'low' END AS level,
       {listed: 'for', unpaid: 'for', declined: 'for',
        registration: CASE WHEN person.registration IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       [p = (person)-[entry:ON_REGISTER]->(on:Register) WHERE on.name = register.name | p] AS evidence,
       [p = (person)-[:MEMBER_OF]->() | p] + [p = (person)-[:APPLIED]->() | p] AS context
