// From the village to what it was granted for compensation, and to what has been paid on since the first of it arrived.
MATCH (village:Village)
MATCH granted = (village)<-[:GRANTED_TO]-(allocation:Allocation)
WHERE coalesce(allocation.arrived, allocation.issued) + duration({days: $grace_days}) <= $as_of
MATCH (programme:Programme {key: allocation.programme})
WHERE programme.name CONTAINS '补偿'
WITH village, programme, collect({allocation: allocation, granted: granted}) AS grants,
     sum(allocation.amount) AS received, min(coalesce(allocation.arrived, allocation.issued)) AS since,
     max(coalesce(allocation.arrived, allocation.issued)) AS until,
     sum(CASE WHEN allocation.arrived IS NOT NULL THEN allocation.amount ELSE 0 END) AS arrived
OPTIONAL MATCH (payment:Payment {programme: programme.key})
USING INDEX payment:Payment(programme)
WHERE since <= payment.date <= $as_of
  AND coalesce(payment.village, head([(payment)-[:FOR]->(paper:Application) | paper.village]),
               head([(payment)-[:TO]->(who:Person) | who.village]), village.key) = village.key
WITH village, programme, grants, received, since, until, arrived, sum(payment.amount) AS paid
WITH *, received - paid AS gap
WHERE (gap >= $min_part * received AND gap >= $min_gap)
OPTIONAL MATCH (village)<-[:SPENT_BY]-(voucher:Voucher)
WHERE since <= voucher.date <= $as_of AND voucher.note CONTAINS '补偿' AND EXISTS { (voucher)-[:PAYS]->(:Person) }
WITH village, programme, grants, received, since, until, arrived, paid, gap, sum(voucher.amount) AS by_voucher
WITH *, gap - by_voucher >= $min_part * received AND gap - by_voucher >= $min_gap AS unsettled,
     arrived - paid >= $min_part * arrived AND arrived - paid >= $min_gap AS certain
UNWIND grants AS grant
WITH *, grant.allocation AS allocation
RETURN village, programme, allocation, paid, gap, by_voucher, gap / received AS share,
       until,
       allocation.amount AS amount, coalesce(allocation.arrived, allocation.issued) AS day,
       CASE WHEN unsettled AND certain THEN 'high' ELSE 'verify' END AS level,
       {gap: 'for',
        arrived: CASE WHEN certain THEN 'for' ELSE 'missing' END,
        books: CASE WHEN unsettled THEN 'for' ELSE 'against' END} AS checks,
       [grant.granted] AS evidence,
       [p = (allocation)-[:UNDER]->() | p] AS context
