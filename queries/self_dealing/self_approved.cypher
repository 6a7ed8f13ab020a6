// From those who sign to their own applications and payments, and back to the signature.
MATCH (official:Person)
// Nothing but a short cut: few people sign anything, and the signature is matched below.
WHERE EXISTS { (official)-[:HANDLED|REVIEWED|APPROVED]->() }
WITH *
MATCH owned = (official)-[:APPLIED|TO]-(event:Application|Payment)
WITH *
MATCH signed = (event)-[:FOR*0..1]->(paper:Application|Payment)<-[signature:HANDLED|REVIEWED|APPROVED]-(who:Person)
WHERE who = official AND (paper:Payment OR paper.result = '同意')
WITH *, coalesce(paper.approved_on, paper.date, paper.accepted) AS decided, coalesce(event.date, event.approved_on, event.accepted) AS day
WHERE coalesce(event.date, event.approved_on, event.accepted) <= $as_of
MATCH (programme:Programme {key: event.programme})
WHERE coalesce(programme.mode, '审核') = '审核'
OPTIONAL MATCH (village:Village {key: coalesce(event.village, paper.village, official.village)})
WITH *, head([(paper)<-[:APPROVED]-(somebody:Person) | somebody]) AS decider,
     CASE type(signature) WHEN 'APPROVED' THEN ['审批人', 'approver'] WHEN 'REVIEWED' THEN ['审核人', 'reviewer'] ELSE ['经办人', 'handler'] END AS roles
RETURN official, programme, event, village, decider,
       roles[0] AS role, roles[1] AS role_en,
       CASE WHEN event:Payment THEN event.amount END AS amount, day, decided,
       CASE WHEN programme.mode IS NULL THEN 'verify' WHEN type(signature) = 'APPROVED' THEN 'high' ELSE 'medium' END AS level,
       {role: CASE WHEN type(signature) = 'APPROVED' THEN 'for' WHEN decider IS NULL THEN 'missing' ELSE 'against' END,
        mode: CASE WHEN programme.mode IS NULL THEN 'missing' END} AS checks,
       [owned, signed] AS evidence,
       [p = (event)-[:UNDER]->() | p] + [p = (paper)<-[:APPROVED]-() | p]
         + [p = (official)-[post:HOLDS_POST]->() WHERE post.from <= decided < post.to | p] AS context
