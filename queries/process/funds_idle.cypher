// From the money granted to the payments of its programme, in the village it was granted to or in the whole county. (Without the
// hints the server may go through the payments of all days.)
MATCH (allocation:Allocation)
WITH *, coalesce(allocation.arrived, allocation.issued) AS start
WHERE start + duration({days: $days}) <= $as_of
MATCH (programme:Programme {key: allocation.programme})
OPTIONAL MATCH (allocation)-[:GRANTED_TO]->(village:Village)
OPTIONAL MATCH (local:Payment {village: village.key})
USING INDEX local:Payment(village)
WHERE local.programme = programme.key AND start <= local.date <= $as_of
WITH allocation, start, programme, village, sum(local.amount) AS paid, count(local) AS payments
// Most are settled here; the rest costs more to look up.
WHERE paid < $min_part * allocation.amount
// Without a village code a payment is where the beneficiary lives.
OPTIONAL MATCH (resident:Person {village: village.key})
OPTIONAL MATCH (resident)<-[:TO]-(unplaced:Payment)
WHERE unplaced.programme = programme.key AND unplaced.village IS NULL AND start <= unplaced.date <= $as_of
WITH allocation, start, programme, village, paid, payments, sum(unplaced.amount) AS at_home, count(unplaced) AS homes
// Money for the whole county: the payments of its programme are added up once by day, however many grants it has.
WITH collect({allocation: allocation, start: start, programme: programme, village: village, paid: paid + at_home, payments: payments + homes}) AS grants
CALL (grants) {
  UNWIND [grant IN grants WHERE grant.village IS NULL | grant.programme.key] AS whole
  WITH DISTINCT whole
  MATCH (anywhere:Payment {programme: whole})
  USING INDEX anywhere:Payment(programme)
  WHERE anywhere.date <= $as_of
  WITH whole, anywhere.date AS day, sum(anywhere.amount) AS amount, count(anywhere) AS payments
  RETURN collect({programme: whole, day: day, amount: amount, payments: payments}) AS days
}
UNWIND grants AS grant
WITH grant.allocation AS allocation, grant.start AS start, grant.programme AS programme, grant.village AS village, grant.paid AS paid,
     grant.payments AS payments, [day IN days WHERE grant.village IS NULL AND day.programme = grant.programme.key AND day.day >= grant.start | day] AS county
WITH allocation, start, programme, village, paid + reduce(sum = 0.0, day IN county | sum + day.amount) AS paid,
     payments + reduce(sum = 0, day IN county | sum + day.payments) AS payments
WHERE paid < $min_part * allocation.amount
OPTIONAL MATCH (allocation)-[:GRANTED_TO]->(unit:Unit)
WITH *, [(allocation)-[:GRANTED_TO]->(books)<-[:SPENT_BY]-(voucher:Voucher) WHERE start <= voucher.date <= $as_of | voucher.amount] AS spent
RETURN allocation, programme, village, unit, start AS since, allocation.arrived AS arrived,
       paid, payments, paid / allocation.amount AS share,
       round(reduce(sum = 0.0, each IN spent | sum + each), 2) AS spent,
       allocation.amount AS amount, start AS day,
       CASE WHEN allocation.arrived IS NULL THEN 'verify' ELSE 'medium' END AS level,
       {idle: 'for',
        arrived: CASE WHEN allocation.arrived IS NULL THEN 'missing' ELSE 'for' END,
        vouchers: CASE WHEN size(spent) > 0 THEN 'against' ELSE 'for' END} AS checks,
       [p = (allocation)-[:UNDER|GRANTED_TO]->() | p] AS evidence,
       [p = (programme)-[:RUN_BY]->() | p] AS context
