// From the people whose household owns homes, shops or cars to what they were paid of programmes that exclude these.
MATCH (beneficiary:Person)
MATCH (beneficiary)-[:MEMBER_OF*0..2]-(owner:Person)
MATCH held = (owner)-[owned:OWNS]->(asset:Property|Vehicle)
WHERE (asset.use IS NULL AND asset:Property OR asset.use CONTAINS '住宅' OR asset.use CONTAINS '商铺'
   OR asset.kind CONTAINS '轿车' OR asset.kind CONTAINS '越野' OR asset.kind CONTAINS '商务')
WITH beneficiary, collect({owner: owner, owned: owned, asset: asset, held: held, own: owner = beneficiary,
       kind: CASE WHEN asset:Vehicle THEN '车' ELSE '房' END,
       shop: coalesce(asset.use CONTAINS '商铺', false),
       resettled: NOT coalesce(asset.use CONTAINS '商铺', false) AND coalesce(asset.address CONTAINS '安置', false)}) AS assets
MATCH received = (beneficiary)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
UNWIND [each IN ['房', '车'] WHERE any(condition IN programme.excludes WHERE condition CONTAINS '有' + each)] AS kind
WITH *, [one IN assets WHERE one.kind = kind AND one.owned.from <= payment.date < one.owned.to] AS standing
WITH *, [one IN standing WHERE one.own] AS own
// Too many homes: more than one, or a shop. What is plain speaks before what is resettlement or of unknown use.
WITH *, [each IN [
       {level: 'medium', assets: [one IN own WHERE one.asset.use IS NOT NULL AND NOT one.resettled OR kind = '车']},
       {level: 'verify', assets: [one IN own WHERE NOT one.resettled]},
       {level: 'low', assets: standing}]
     WHERE kind = '车' AND size(each.assets) > 0 OR size(each.assets) > 1 OR any(one IN each.assets WHERE one.shop)] AS counts
WHERE size(counts) > 0
WITH *, counts[0].level AS level, counts[0].assets AS counted
OPTIONAL MATCH (village:Village {key: coalesce(payment.village, beneficiary.village)})
RETURN beneficiary, programme, kind, payment, village,
       [one IN counted | one.owner] AS owner, [one IN counted | one.asset] AS asset,
       [one IN counted | coalesce(one.asset.kind, one.asset.use, '用途不明')] AS type,
       [one IN counted | one.owned.from] AS registered,
       payment.amount AS amount, payment.date AS day, level,
       {own: CASE WHEN any(one IN counted WHERE NOT one.own) THEN 'against' ELSE 'for' END,
        use: CASE WHEN level = 'verify' THEN 'missing' END,
        resettlement: CASE WHEN kind = '房' THEN CASE WHEN any(one IN counted WHERE one.resettled) THEN 'against' ELSE 'for' END END} AS checks,
       [one IN counted | one.held] + [received] + [p = (payment)-[:UNDER]->() | p] AS evidence,
       [p = (payment)-[:INTO]->() | p] + [p = (payment)-[:FOR]->()<-[:APPROVED]-() | p] + [p = (beneficiary)-[:MEMBER_OF]->()<-[:MEMBER_OF]-() | p] AS context
