// Where open leads meet: in the people and companies they are held against, and in the village they are about.
UNWIND $leads AS lead
UNWIND lead.accused + [code IN [lead.village] WHERE code IS NOT NULL] AS place
WITH place, collect(DISTINCT lead) AS leads
WITH place, leads, reduce(seen = [], lead IN leads | CASE WHEN lead.query IN seen THEN seen ELSE seen + lead.query END) AS queries
WHERE size(leads) >= $min_leads AND size(queries) >= $min_queries
CALL (place) {
  MATCH (subject:Person {key: place}) RETURN subject
  UNION
  MATCH (subject:Company {key: place}) RETURN subject
  UNION
  MATCH (subject:Village {key: place}) RETURN subject
}
OPTIONAL MATCH (village:Village {key: coalesce(subject.village, CASE WHEN subject:Village THEN subject.key END)})
WITH *, [level IN ['high', 'medium', 'verify', 'low'] WHERE level IN [lead IN leads | lead.level] | level][0] AS highest
UNWIND leads AS lead
MATCH alone = (subject)
RETURN subject, lead.key AS lead, lead.title AS pattern, lead.title_en AS pattern_en, village,
       highest AS level,
       {several: 'for'} AS checks,
       [alone] AS evidence,
       [p = (subject)-[:HOLDS_POST]->() | p] + [p = (subject)-[:KIN]-(relative:Person) WHERE relative.key IN lead.persons | p] AS context
