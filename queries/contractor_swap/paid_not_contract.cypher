// From the contract to the vouchers under it; one without a contract's number counts where it can be for no other.
MATCH (contract:Contract)
MATCH awarded = (contract)-[:AWARDED_TO]->(contractor:Company)
MATCH spent = (contract)-[:CARRIES_OUT*0..1]->(place)<-[:UNDER_CONTRACT|FOR_PROJECT]-(voucher:Voucher)
WHERE coalesce(voucher.date, $as_of) <= $as_of
  AND (place = contract OR (voucher.contract IS NULL AND COUNT { (place)<-[:CARRIES_OUT]-() } = 1
                            AND EXISTS { (voucher)-[:PAYS]->(contractor) }))
WITH contract, contractor, awarded, sum(voucher.amount) AS total, collect({voucher: voucher, spent: spent}) AS payments
// What an approved change adds is its new value less its old one, both written as text: 60万元, 600,000.
WITH *, [(contract)<-[:CHANGES]-(change:ContractChange)
         WHERE change.kind = '金额' AND change.approval_no IS NOT NULL AND coalesce(change.date, $as_of) <= $as_of
         | [said IN [change.new_value, change.old_value] |
            toFloat(replace(replace(replace(said, ',', ''), '元', ''), '万', '')) * CASE WHEN said CONTAINS '万' THEN 10000.0 ELSE 1.0 END]
        ] AS changes
WITH *, any(pair IN changes WHERE pair[0] - pair[1] IS NULL) AS unread,
     contract.amount + reduce(more = 0.0, pair IN changes | more + coalesce(pair[0] - pair[1], 0.0)) AS allowed
WITH *, coalesce(contract.amount > 0 AND round(total - (1 + $tolerance) * allowed, 2) > 0, false) AS over
MATCH (contract)-[:CARRIES_OUT]->(project:Project)
OPTIONAL MATCH (village:Village {key: project.village})
UNWIND payments AS payment
WITH *, payment.voucher AS voucher, payment.spent AS spent
WITH *, coalesce(voucher.date + duration({days: $early_days}) <= contract.signed, false) AS early
WHERE over OR early
RETURN contract, contractor, project, voucher, village, allowed,
       CASE WHEN over THEN total END AS paid, CASE WHEN over THEN total / allowed END AS share,
       contract.signed AS signed, CASE WHEN early THEN voucher.date END AS early_on,
       voucher.amount AS amount, voucher.date AS day,
       CASE WHEN over AND NOT unread AND round(total - (1 + $far_over) * allowed, 2) > 0 THEN 'high'
            WHEN early OR NOT unread THEN 'medium' ELSE 'verify' END AS level,
       {overpaid: CASE WHEN over THEN 'for' END,
        early: CASE WHEN early THEN 'for' END,
        changes: CASE WHEN NOT over THEN null WHEN unread THEN 'missing' WHEN size(changes) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [awarded, spent] AS evidence,
       [p = (contract)<-[:CHANGES]-() | p] + [p = (contract)-[:CARRIES_OUT]->() | p] + [p = (voucher)<-[:APPROVED]-() | p] AS context
