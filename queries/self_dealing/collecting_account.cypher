// From the accounts that several people's payments reach, to the households of those who are not the holder's own.
MATCH (account:Account)
MATCH (account)<-[:INTO]-(:Payment)-[:TO]->(someone:Person)
WITH account, count(DISTINCT someone) AS people
// Nothing but a short cut: nearly all accounts have one beneficiary.
WHERE people > 1
OPTIONAL MATCH held = (account)-[:HELD_BY]->(owner:Person|Company|Unit)
MATCH reached = (account)<-[:INTO]-(payment:Payment)-[:TO]->(beneficiary:Person)
WHERE coalesce(payment.date, $as_of) <= $as_of
  AND coalesce(beneficiary <> owner, true) AND coalesce(beneficiary.household <> owner.household, true)
WITH *
WHERE NOT EXISTS {
  MATCH (owner)-[tie:KIN]-(relative:Person)
  WHERE (relative = beneficiary OR relative.household = beneficiary.household) AND tie.from <= payment.date < tie.to
}
WITH *, coalesce([p = (owner)-[entry:ON_REGISTER]->(register:Register)
                  WHERE (register.name CONTAINS '照料' OR register.name CONTAINS '监护')
                    AND entry.from <= payment.date < entry.to | p], []) AS care
// Where the household is not known each person stands for one, which is to be checked.
WITH account, owner, held,
     collect({payment: payment, beneficiary: beneficiary, reached: reached, care: care}) AS received,
     count(DISTINCT beneficiary.household) AS households,
     count(DISTINCT CASE WHEN beneficiary.household IS NULL THEN beneficiary END) AS unknown,
     count(DISTINCT CASE WHEN size(care) = 0 THEN coalesce(beneficiary.household, beneficiary.key) END) AS uncared
WHERE households + unknown >= $min_households
WITH *, uncared < $min_households OR owner:Unit
        OR any(home IN ['敬老院', '福利院', '供养中心'] WHERE account.holder_name CONTAINS home) AS lawful
UNWIND received AS one
WITH *, one.payment AS payment, one.beneficiary AS beneficiary
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, application.village, beneficiary.village)})
MATCH (programme:Programme {key: payment.programme})
WITH *, coalesce([p = (owner)<-[:KIN*0..1]-(official:Official)-[charge:IN_CHARGE]->(place)
         WHERE (place = programme OR coalesce(place = village, false)) AND charge.from <= payment.date < charge.to
           AND all(kin IN relationships(p)[..-1] WHERE kin.degree <= $max_degree AND kin.from <= payment.date < kin.to) | p], []) AS powers
RETURN account, beneficiary, programme, payment, village, households,
       CASE WHEN NOT owner:Unit THEN owner END AS holder, CASE WHEN owner:Unit THEN owner END AS unit,
       CASE WHEN unknown > 0 THEN unknown END AS unknown,
       [p IN powers | nodes(p)[-2]] AS official,
       [p IN powers | coalesce(last(nodes(p)).town_name, '') + last(nodes(p)).name + '（' + last(relationships(p)).by + '）'] AS power,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN coalesce(lawful, false) THEN 'low' WHEN owner IS NULL OR households < $min_households THEN 'verify'
            WHEN size(powers) > 0 THEN 'high' ELSE 'medium' END AS level,
       {households: CASE WHEN households < $min_households THEN 'missing' ELSE 'for' END,
        holder: CASE WHEN owner IS NULL THEN 'missing' END,
        power: CASE WHEN owner IS NULL THEN null WHEN size(powers) > 0 THEN 'for' ELSE 'against' END,
        carer: CASE WHEN coalesce(lawful, false) THEN 'against' ELSE 'for' END} AS checks,
       [one.reached, held] + powers AS evidence,
       one.care + [p = (payment)-[:UNDER]->() | p] AS context
