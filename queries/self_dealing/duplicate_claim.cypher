// From the programme to its payments by parcel and year, and to its approved applications by person and year.
MATCH (programme:Programme)
OPTIONAL MATCH (programme)<-[:UNDER]-(payment:Payment)-[:FOR_PARCEL]->(parcel:Parcel)
WHERE coalesce(payment.date, $as_of) <= $as_of
OPTIONAL MATCH (payment)-[:TO]->(payee:Person)
WITH programme, parcel, payment.date.year AS year, collect(payment) AS payments, count(DISTINCT payee) AS people,
     count(DISTINCT CASE WHEN payee.identified THEN payee END) AS known
WITH *, [p IN payments WHERE p.quantity > round($max_area * parcel.area, 4)] AS beyond
WITH programme, collect(CASE WHEN people > 1 OR size(beyond) > 0 THEN {
       subject: parcel, year: year, events: CASE WHEN people > 1 THEN payments ELSE beyond END,
       shared: people > 1, certain: known > 1, beyond: beyond} END) AS parcels
OPTIONAL MATCH (programme)<-[:UNDER]-(application:Application)<-[:APPLIED]-(person:Person)
WHERE application.result = '同意' AND coalesce(programme.rhythm, '一次性') = '一次性'
  AND coalesce(application.approved_on, $as_of) <= $as_of
WITH programme, parcels, person, application.accepted.year AS year, collect(application) AS claims
WITH *, [a IN claims WHERE any(b IN claims WHERE b <> a AND coalesce(a.reason = b.reason, true))] AS alike,
     [a IN claims WHERE any(b IN claims WHERE b <> a AND a.reason = b.reason)] AS same
WITH programme, parcels, collect(CASE WHEN size(alike) > 0 THEN {
       subject: person, year: year, events: CASE WHEN size(same) > 0 THEN same ELSE alike END, certain: size(same) > 0} END) AS persons
UNWIND parcels + persons AS claim
UNWIND claim.events AS event
MATCH claimed = (programme)<-[:UNDER]-(event:Payment|Application)
OPTIONAL MATCH (event)-[:FOR]->(paper:Application)
WITH *, claim.subject AS subject, coalesce(claim.shared, false) AS shared, size(coalesce(claim.beyond, [])) > 0 AS beyond,
     [p = (event)-[:TO]->(:Person) | p] + [p = (event)<-[:APPLIED]-(:Person) | p] AS claimants,
     [p = (event)<-[:FOR]-(paid:Payment) WHERE coalesce(paid.date, $as_of) <= $as_of | p] AS grants,
     any(word IN ['流转', '转包', '转租', '出租', '代耕'] WHERE coalesce(event.note, '') + coalesce(paper.reason, '') CONTAINS word) AS says_lease
WITH programme, subject, claim, shared, beyond,
     collect({event: event, paths: [claimed] + claimants, grants: grants,
              claimant: [p IN claimants | nodes(p)[1]]}) AS facts, count(CASE WHEN says_lease THEN 1 END) > 0 AS leased
UNWIND facts AS fact
WITH *, fact.event AS event
OPTIONAL MATCH (village:Village {key: coalesce(event.village, subject.village)})
RETURN programme, subject, toString(claim.year) AS period, event, fact.claimant AS claimant, village, event.reason AS reason,
       CASE WHEN beyond THEN toString(event.quantity) + '/' + toString(subject.area) + ' 亩' END AS area,
       CASE WHEN shared AND beyond THEN '同一地块由不同的人领取，领取面积超过确权面积' WHEN shared THEN '同一地块由不同的人领取'
            WHEN beyond THEN '领取面积超过确权面积' ELSE '同一人以同一事由多次申领' END AS doubt,
       CASE WHEN shared AND beyond THEN 'one parcel paid to different people, beyond its confirmed area'
            WHEN shared THEN 'one parcel paid to different people' WHEN beyond THEN 'paid beyond the confirmed area'
            ELSE 'claimed more than once by one person for one reason' END AS doubt_en,
       CASE WHEN event:Payment THEN event.amount ELSE reduce(sum = 0.0, p IN fact.grants | sum + nodes(p)[1].amount) END AS amount,
       coalesce(event.date, event.approved_on) AS day,
       CASE WHEN beyond THEN 'high' WHEN shared AND leased THEN 'low'
            WHEN NOT claim.certain OR (subject:Person AND programme.rhythm IS NULL) THEN 'verify' ELSE 'high' END AS level,
       {parcel_twice: CASE WHEN NOT shared THEN null WHEN claim.certain THEN 'for' ELSE 'missing' END,
        lease: CASE WHEN NOT shared THEN null WHEN leased THEN 'against' ELSE 'for' END,
        area: CASE WHEN beyond THEN 'for' WHEN shared AND (event.quantity IS NULL OR subject.area IS NULL) THEN 'missing' END,
        same_reason: CASE WHEN subject:Parcel THEN null WHEN claim.certain THEN 'for' ELSE 'missing' END,
        one_off: CASE WHEN subject:Parcel THEN null WHEN programme.rhythm IS NULL THEN 'missing' ELSE 'for' END} AS checks,
       fact.paths + [p = (event)-[:FOR_PARCEL]->(:Parcel) | p] AS evidence,
       fact.grants AS context
