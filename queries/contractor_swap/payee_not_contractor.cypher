// From the contract to the vouchers under it (or of its project, where it is the only contract) and to whom they paid.
MATCH (contract:Contract)
MATCH awarded = (contract)-[:AWARDED_TO]->(contractor:Company)
MATCH spent = (contract)-[:CARRIES_OUT*0..1]->(place)<-[:UNDER_CONTRACT|FOR_PROJECT]-(voucher:Voucher)-[:PAYS]->(payee:Company|Person)
WHERE payee <> contractor AND voucher.date <= $as_of
  AND (place = contract OR (voucher.contract IS NULL AND COUNT { (place)<-[:CARRIES_OUT]-() } = 1))
  AND NOT (coalesce(voucher.note, '') CONTAINS '工资' OR coalesce(voucher.note, '') CONTAINS '材料')
  // Names alone: the same name is not reported, another name is put up for checking.
  AND NOT ((payee.key STARTS WITH '名称:' OR contractor.key STARTS WITH '名称:')
           AND (coalesce(payee.name IN [contractor.name, contract.contractor_name], false)
                OR coalesce(payee.name IN contractor.former_names, false) OR coalesce(contractor.name IN payee.former_names, false)))
  AND NOT EXISTS {
    MATCH (payee)<-[:NEW_CONTRACTOR]-(change:ContractChange)-[:CHANGES]->(changed:Contract)
    WHERE changed.project = contract.project AND change.kind = '承包商' AND change.approval_no IS NOT NULL
  }
  AND NOT EXISTS { MATCH (voucher)-[:INTO]->(:Account)-[:HELD_BY]->(firm:Company) WHERE firm = contractor }
  AND NOT (coalesce(contractor.kind, '') CONTAINS '个体' AND EXISTS {
    MATCH (payee)-[role:HAS_ROLE]->(firm:Company)
    WHERE firm = contractor AND role.role = '法定代表人' AND role.from <= voucher.date < role.to
  })
WITH contract, contractor, awarded, payee, sum(voucher.amount) AS total, collect({voucher: voucher, spent: spent}) AS payments
WHERE total >= $min_part * contract.amount
MATCH (project:Project {key: contract.project})
OPTIONAL MATCH (village:Village {key: project.village})
UNWIND payments AS payment
WITH *, payment.voucher AS voucher, payment.spent AS spent
WITH *, [(voucher)-[:INTO]->(:Account)-[:HELD_BY]->(holder) | holder.name] AS account_holder
RETURN contract, payee, contractor, project, voucher, payee AS newcomer, village,
       total / contract.amount AS share, account_holder,
       voucher.amount AS amount, voucher.date AS day,
       CASE WHEN payee.key STARTS WITH '名称:' OR (payee:Company AND contractor.key STARTS WITH '名称:') THEN 'verify'
            ELSE 'medium' END AS level,
       {other_payee: 'for',
        approved_change: 'for',
        account: CASE WHEN size(account_holder) > 0 THEN 'for' ELSE 'missing' END,
        identified: CASE WHEN payee.key STARTS WITH '名称:' OR (payee:Company AND contractor.key STARTS WITH '名称:') THEN 'missing' END
       } AS checks,
       [awarded, spent] AS evidence,
       [p = (contract)-[:CARRIES_OUT]->() | p] + [p = (voucher)-[:INTO]->()-[:HELD_BY*0..1]->() | p] AS context
