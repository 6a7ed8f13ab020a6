// From the officials over their household, themselves included, to its payments, in post on the day.
MATCH (official:Official)
MATCH together = (official)-[seat:MEMBER_OF]->(household:Household)
MATCH (household)<-[:MEMBER_OF]-(beneficiary:Person)
MATCH received = (beneficiary)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
WHERE any(condition IN programme.excludes WHERE condition CONTAINS '公职')
  AND coalesce(programme.mode, '审核') = '审核' AND coalesce(programme.target, '家庭') = '家庭'
MATCH service = (official)-[post:HOLDS_POST]->(office:Village|Unit)
WHERE post.from <= payment.date < post.to
OPTIONAL MATCH (payment)-[:FOR]->(application:Application)
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, application.village, beneficiary.village)})
// Whoever left the register was of the household until that day only; nobody leaves oneself.
WITH *, [who IN [official, beneficiary] WHERE who.registration IN ['迁出', '注销'] AND official <> beneficiary] AS gone
WITH *,
     any(who IN gone WHERE who.registration_date <= payment.date) AS apart,
     any(who IN gone WHERE who.registration_date IS NULL) AS unsure
RETURN official, programme, beneficiary, household, payment, village,
       coalesce(office.town_name, '') + coalesce(office.name, office.key) + post.title AS post, post.from AS since,
       seat.role AS role,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN apart THEN 'low' WHEN unsure OR programme.mode IS NULL OR programme.target IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {post_that_day: 'for',
        same_household: CASE WHEN apart THEN 'against' WHEN unsure THEN 'missing' ELSE 'for' END,
        excluded: CASE WHEN programme.mode IS NULL OR programme.target IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       [together, received, service] + [p = (beneficiary)-[:MEMBER_OF]->() | p] AS evidence,
       [p = (payment)-[:UNDER|FOR]->() | p] AS context
