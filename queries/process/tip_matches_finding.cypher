// From each tip to the open leads about the same person, project, or programme in the same village.
MATCH (tip:Tip)
WHERE coalesce(tip.date, $as_of) <= $as_of
WITH tip, [(tip)-[:ABOUT]->(who:Person) | who.key] AS about
UNWIND $leads AS lead
WITH tip, lead,
     any(key IN about WHERE key IN lead.persons) AS same_person,
     [at IN range(0, size(lead.names) - 1) WHERE size(about) = 0 AND lead.names[at] = tip.about | lead.persons[at]] AS namesakes,
     coalesce(tip.project_text IN lead.projects + lead.project_names, false) AS same_project,
     coalesce(tip.village = lead.village AND tip.project_text IN lead.programmes + lead.programme_names, false) AS same_programme
WHERE same_person OR size(namesakes) > 0 OR same_project OR same_programme
// A name counts together with the village: the person lives there or holds a post there.
OPTIONAL MATCH (who:Person)
WHERE who.key IN namesakes AND (who.village = tip.village OR EXISTS { (who)-[:HOLDS_POST]->(place:Village) WHERE place.key = tip.village })
WITH tip, lead, same_person, same_project, same_programme, count(who) > 0 AS by_name
WHERE same_person OR by_name OR same_project OR same_programme
OPTIONAL MATCH (village:Village {key: tip.village})
MATCH alone = (tip)
RETURN tip, lead.key AS lead, lead.title AS pattern, lead.title_en AS pattern_en, village, tip.date AS day,
       CASE WHEN same_person OR by_name THEN ['同一个人'] ELSE [] END
         + CASE WHEN same_project THEN ['同一个项目'] ELSE [] END + CASE WHEN same_programme THEN ['同一个村的同一项资金'] ELSE [] END AS matched,
       CASE WHEN same_person OR by_name THEN ['the same person'] ELSE [] END
         + CASE WHEN same_project THEN ['the same project'] ELSE [] END
         + CASE WHEN same_programme THEN ['the same programme in the same village'] ELSE [] END AS matched_en,
       'medium' AS level,
       {person: CASE WHEN same_person OR by_name THEN 'for' ELSE 'against' END,
        by_name: CASE WHEN by_name AND NOT same_person THEN 'missing' END,
        matter: CASE WHEN tip.project_text IS NULL THEN 'missing' WHEN same_project OR same_programme THEN 'for' ELSE 'against' END} AS checks,
       [alone] + [p = (tip)-[:ABOUT]->(who:Person) WHERE who.key IN lead.persons | p] AS evidence,
       [p = (tip)-[:AT]->() | p] AS context
