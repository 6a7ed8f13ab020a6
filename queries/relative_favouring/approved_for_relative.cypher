// From those who sign over their kin to the kin's applications and payments, and back to the signature.
MATCH (signer:Person)
// Nothing but a short cut: few people sign anything, and the signature is matched below.
WHERE EXISTS { (signer)-[:HANDLED|REVIEWED|APPROVED]->() }
MATCH kinship = (signer)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
WITH *
MATCH owned = (relative)-[:APPLIED|TO]-(event:Application|Payment)
WITH *
MATCH signed = (event)-[:FOR*0..1]->(paper:Application|Payment)<-[signature:HANDLED|REVIEWED|APPROVED]-(who:Person)
WHERE who = signer AND (paper:Payment OR paper.result = '同意')
WITH *, coalesce(paper.approved_on, paper.date, paper.accepted) AS decided, coalesce(event.date, event.approved_on, event.accepted) AS day
WHERE coalesce(event.date, event.approved_on, event.accepted) <= $as_of AND kin.from <= decided < kin.to
MATCH (programme:Programme {key: event.programme})
WHERE coalesce(programme.mode, '审核') = '审核'
OPTIONAL MATCH (village:Village {key: coalesce(event.village, paper.village, relative.village)})
WITH *,
     head([(paper)<-[:APPROVED]-(somebody:Person) | somebody]) AS decider,
     [p = (signer)-[:DECLARED]-(somebody:Person) WHERE somebody = relative | p] AS declarations
WITH *, [p IN declarations WHERE relationships(p)[0].date <= decided | relationships(p)[0].date] AS declared_on,
     CASE type(signature) WHEN 'APPROVED' THEN ['审批人', 'approver'] WHEN 'REVIEWED' THEN ['审核人', 'reviewer'] ELSE ['经办人', 'handler'] END AS roles
RETURN signer, relative, programme, event, village, decider,
       roles[0] AS role, roles[1] AS role_en,
       kin.term AS term, kin.basis AS basis,
       CASE WHEN event:Payment THEN event.amount END AS amount, day, decided, declared_on,
       CASE WHEN size(declared_on) > 0 THEN 'low'
            WHEN programme.mode IS NULL THEN 'verify'
            WHEN type(signature) = 'APPROVED' THEN 'high'
            ELSE 'medium' END AS level,
       {role: CASE WHEN type(signature) = 'APPROVED' THEN 'for' WHEN decider IS NULL THEN 'missing' ELSE 'against' END,
        kin: 'for',
        declared: CASE WHEN size(declared_on) > 0 THEN 'against' ELSE 'for' END,
        mode: CASE WHEN programme.mode IS NULL THEN 'missing' END} AS checks,
       [kinship, owned, signed] AS evidence,
       declarations + [p = (event)-[:UNDER]->() | p] + [p = (paper)<-[:APPROVED]-() | p] AS context
