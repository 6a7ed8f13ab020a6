// Method: Open Contracting Partnership, Red flags in public procurement, R048 (as Cardinal works it out: fence after Tukey on
// median-unbiased quartiles). A class is the first two digits of a code: segments of UNSPSC, divisions of CPV.
MATCH (company:Company)
WITH collect(company) AS companies
CALL (companies) {
  MATCH (any:Project)<-[:OF]-(award:Award)-[:AWARDED_TO]->(supplier:Company)
  WHERE award.status = 'active' AND coalesce(any.tender_status, '') <> 'cancelled' AND coalesce(award.date, $as_of) <= $as_of
    AND COUNT { (award)-[:AWARDED_TO]->() } = 1
  UNWIND award.item_classes AS item
  WITH supplier, left(split(item, ':')[-1], 2) AS class, collect(DISTINCT any) AS some
  WITH supplier, collect(class) AS classes, max(size(some)) AS most,
       reduce(seen = [], list IN collect(some) | seen + [project IN list WHERE NOT project IN seen]) AS projects
  WITH *, size(classes) AS variety ORDER BY variety
  WITH collect({company: supplier, classes: classes, variety: variety, most: most, processes: size(projects)}) AS suppliers
  // The fence is drawn by those with many processes: with few of them nobody's variety is great.
  WITH suppliers, [one IN suppliers WHERE one.processes >= $min_processes | one.variety] AS counts
  WITH suppliers, counts, [counts[0]] + counts + [counts[-1]] AS ranked
  RETURN suppliers, size(counts) AS compared, [at IN [part IN [0.25, 0.75] | (size(ranked) - 5 / 3.0) * part + 1 / 3.0]
          | ranked[toInteger(at)] + (at - toInteger(at)) * (ranked[toInteger(at) + 1] - ranked[toInteger(at)])] AS quartiles
}
WITH *, round(quartiles[1] + $fence_factor * (quartiles[1] - quartiles[0]), 6) AS fence
UNWIND suppliers AS entry
// Nothing but a short cut where all are looked at; of what changed only the anchors are.
WITH * WHERE entry.company IN companies
WITH *, entry.company AS company, entry.variety AS variety
// Where half the firms are alike the fence is their own variety: only what differs from them is an outlier.
WHERE variety >= fence AND variety > quartiles[1]
RETURN company, variety, entry.classes AS classes, entry.processes AS processes, fence, compared, 'low' AS level,
       {variety: 'for', main: CASE WHEN 2 * entry.most > entry.processes THEN 'against' ELSE 'for' END} AS checks,
       [p = (company)<-[:AWARDED_TO]-(:Award {status: 'active'})-[:OF]->(:Project) | p] AS evidence,
       [p = (company)-[:PLACED]->(:Bid) | p] AS context
