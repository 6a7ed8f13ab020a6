// From an approver over their kin to whoever approved for these, over that approver's kin, and back to the first one's signature.
MATCH (official:Person)
WHERE EXISTS { (official)-[:APPROVED]->(:Application|Payment) }
MATCH kinship = (official)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree
WITH *
MATCH owned = (relative)-[:APPLIED|TO]-(event:Application|Payment)
WITH *
MATCH signed = (event)-[:FOR*0..1]->(paper:Application|Payment)<-[:APPROVED]-(other:Person)
WHERE other.key > official.key AND other <> relative AND coalesce(paper.result, '同意') = '同意'
WITH *, coalesce(paper.approved_on, paper.date) AS decided
WHERE coalesce(decided, $as_of) <= $as_of AND kin.from <= decided < kin.to
MATCH (programme:Programme {key: event.programme})
WHERE coalesce(programme.mode, '审核') = '审核'
WITH official, other, collect(DISTINCT {relative: relative, term: kin.term, event: event, programme: programme, decided: decided,
                                        sure: programme.mode IS NOT NULL, paths: [kinship, owned, signed]}) AS others
MATCH kinship = (other)-[kin:KIN]->(relative:Person)
WHERE kin.degree <= $max_degree AND relative <> official
WITH *
MATCH owned = (relative)-[:APPLIED|TO]-(event:Application|Payment)
WITH *
MATCH signed = (event)-[:FOR*0..1]->(paper:Application|Payment)<-[:APPROVED]-(who:Person)
WHERE who = official AND coalesce(paper.result, '同意') = '同意'
WITH *, coalesce(paper.approved_on, paper.date) AS decided
WHERE coalesce(decided, $as_of) <= $as_of AND kin.from <= decided < kin.to
MATCH (programme:Programme {key: event.programme})
WHERE coalesce(programme.mode, '审核') = '审核'
WITH official, other, others,
     collect(DISTINCT {relative: relative, term: kin.term, event: event, programme: programme, decided: decided,
                       sure: programme.mode IS NOT NULL, paths: [kinship, owned, signed]}) AS owns
// `own`: what the official approved, `back`: what the other approved, each with one in return within the window.
WITH official, other,
     [x IN owns WHERE any(y IN others WHERE abs(duration.inDays(x.decided, y.decided).days) <= $window_days)] AS own,
     [y IN others WHERE any(x IN owns WHERE abs(duration.inDays(x.decided, y.decided).days) <= $window_days)] AS back
WHERE size(own) > 0
WITH *,
     any(x IN own WHERE x.sure AND any(y IN back WHERE y.sure AND abs(duration.inDays(x.decided, y.decided).days) <= $window_days)) AS sure,
     COLLECT { UNWIND own AS x RETURN DISTINCT x.relative } AS helped,
     COLLECT { UNWIND back AS y RETURN DISTINCT y.relative } AS helped_back
// Null model: of those whom either approved for in the relatives' villages, under the same programmes, as large a part would be kin
// of the other as is of all residents (the mean of a draw without replacement). The number of kin in several small draws is taken for
// Poisson's with that mean, which has the longer tail (L. Le Cam, An approximation theorem for the Poisson binomial distribution, 1960).
WITH *,
     COLLECT {
       UNWIND helped AS relative
       MATCH (relative)-[:MEMBER_OF]->(:Household)-[:IN]->(place:Village)
       WITH DISTINCT place
       RETURN 1.0 / COUNT { (place)<-[:IN]-(:Household)<-[:MEMBER_OF]-(:Person) }
         * COUNT { MATCH (official)-[:APPROVED]->(paper:Application|Payment)-[:APPLIED|TO]-(somebody:Person)
                   WHERE somebody.village = place.key AND coalesce(paper.result, '同意') = '同意' AND paper.programme IN [x IN own | x.programme.key]
                   RETURN DISTINCT somebody }
         * COUNT { MATCH (other)-[kin:KIN]->(somebody:Person)
                   WHERE somebody.village = place.key AND kin.degree <= $max_degree RETURN DISTINCT somebody }
     } AS chances,
     COLLECT {
       UNWIND helped_back AS relative
       MATCH (relative)-[:MEMBER_OF]->(:Household)-[:IN]->(place:Village)
       WITH DISTINCT place
       RETURN 1.0 / COUNT { (place)<-[:IN]-(:Household)<-[:MEMBER_OF]-(:Person) }
         * COUNT { MATCH (other)-[:APPROVED]->(paper:Application|Payment)-[:APPLIED|TO]-(somebody:Person)
                   WHERE somebody.village = place.key AND coalesce(paper.result, '同意') = '同意' AND paper.programme IN [y IN back | y.programme.key]
                   RETURN DISTINCT somebody }
         * COUNT { MATCH (official)-[kin:KIN]->(somebody:Person)
                   WHERE somebody.village = place.key AND kin.degree <= $max_degree RETURN DISTINCT somebody }
     } AS chances_back
WITH *,
     COUNT { UNWIND helped AS relative RETURN DISTINCT coalesce(relative.village, '') } = size(chances)
       AND COUNT { UNWIND helped_back AS relative RETURN DISTINCT coalesce(relative.village, '') } = size(chances_back) AS known,
     reduce(total = 0.0, chance IN chances | total + chance) AS expected,
     reduce(total = 0.0, chance IN chances_back | total + chance) AS expected_back
WITH *,
     1 - exp(-expected) * reduce(t = [1.0, 0.0], i IN range(1, size(helped)) | [t[0] * expected / i, t[1] + t[0]])[1] AS chance,
     1 - exp(-expected_back) * reduce(t = [1.0, 0.0], i IN range(1, size(helped_back)) | [t[0] * expected_back / i, t[1] + t[0]])[1]
       AS chance_back
WITH *, known AND size(helped) <= expected AND size(helped_back) <= expected_back AS ordinary
UNWIND own + back AS item
WITH *, item.event AS event
OPTIONAL MATCH (village:Village {key: coalesce(event.village, item.relative.village)})
RETURN official, other, helped AS relative_other, helped_back AS relative_official, item.programme AS programme, event, village,
       [x IN own | x.term] AS term_other, [y IN back | y.term] AS term_official,
       size(helped) AS given, toString(round(expected, 2)) AS expected_given, chance AS chance_given,
       size(helped_back) AS received, toString(round(expected_back, 2)) AS expected_received, chance_back AS chance_received,
       CASE WHEN event:Payment THEN event.amount END AS amount, coalesce(event.date, item.decided) AS day, item.decided AS decided,
       CASE WHEN NOT sure THEN 'verify' WHEN ordinary THEN 'low' ELSE 'high' END AS level,
       {kin: 'for',
        chance: CASE WHEN NOT known THEN 'missing' WHEN ordinary THEN 'against' ELSE 'for' END,
        mode: CASE WHEN NOT item.sure THEN 'missing' END} AS checks,
       item.paths AS evidence, [p = (event)-[:UNDER|FOR]->() | p] AS context
