// From the people to what they were paid of programmes with an age band, by the birthday in their ID number.
MATCH (person:Person)
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
WHERE programme.age_min IS NOT NULL OR programme.age_max IS NOT NULL
WITH *, duration.between(person.birth, payment.date).years AS age
WHERE (age IS NULL OR age < programme.age_min OR age > programme.age_max)
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, person.village)})
RETURN person, programme, payment, village, person.birth AS born, age,
       programme.age_min AS youngest, programme.age_max AS oldest,
       payment.amount AS amount, payment.date AS day,
       CASE WHEN age IS NULL THEN 'verify' ELSE 'high' END AS level,
       {younger: CASE WHEN age < programme.age_min THEN 'for' END,
        older: CASE WHEN age > programme.age_max THEN 'for' END,
        id_number: CASE WHEN age IS NULL THEN 'missing' END} AS checks,
       [received] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:INTO]->() | p] + [p = (payment)-[:FOR]->()<-[:APPROVED]-() | p] AS context
