"""What of a query's text is a condition, and the text without it."""

from backend.conditions import each_dropped, without


def dropped(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.condition) for one in each_dropped(text)]


def test_each_operand_is_dropped_by_itself() -> None:
    text = "MATCH (a:A)\nWHERE a.x = 1 AND (a.y = 2 OR NOT a.z)\nRETURN a"
    assert dropped(text) == [(2, "a.x = 1"), (2, "(a.y = 2 OR NOT a.z)"), (2, "a.y = 2"), (2, "NOT a.z")]
    texts = [" ".join(one.text.split()) for one in each_dropped(text)]
    assert "WHERE true AND (a.y = 2 OR NOT a.z) RETURN" in texts[0]
    assert "WHERE a.x = 1 AND ( false OR NOT a.z) RETURN" in texts[2]


def test_conditions_inside_subqueries_cases_lists_and_maps_are_found() -> None:
    text = """
MATCH (a:A) WHERE NOT EXISTS { MATCH (a)--(b:B) WHERE b.name STARTS WITH 'x AND y' }
RETURN CASE WHEN a.p THEN 1 ELSE 2 END AS level, {one: a.q AND a.r}, [n IN nodes(p) WHERE n:C | n]
"""
    assert {what for _, what in dropped(text)} == {
        "NOT EXISTS { MATCH (a)--(b:B) WHERE b.name STARTS WITH 'x AND y' }",
        "b.name STARTS WITH 'x AND y'",
        "a.p",
        "a.q",
        "a.r",
        "n:C",
    }


def test_a_value_between_two_others_is_two_conditions() -> None:
    text = "MATCH (a) WHERE a.from <= $day < a.to RETURN a"
    assert dropped(text) == [
        (1, "a.from <= $day < a.to"),
        (1, "a.from <= $day, of a.from <= $day < a.to"),
        (1, "$day < a.to, of a.from <= $day < a.to"),
    ]


def test_what_is_stated_to_be_a_short_cut_is_left() -> None:
    assert dropped("MATCH (a)\n// Nothing but a short cut: few have two.\nWHERE a.n > 1\nRETURN a") == []
    assert dropped("MATCH (a)\n// Few have two.\nWHERE a.n > 1\nRETURN a") == [(3, "a.n > 1")]


def test_the_text_without_a_condition_wherever_it_stands() -> None:
    text = "MATCH (a) WHERE a.x = 1 // why\n  AND a.from <= $day < a.to\nWITH a WHERE a.y OR a.x =\n 1\nRETURN a"

    def dropped(condition: str) -> str:
        return " ".join((without(text, condition) or "").split())

    assert (
        dropped("a.x=1") == "MATCH (a) WHERE true // why AND a.from <= $day < a.to WITH a WHERE a.y OR false RETURN a"
    )
    assert "AND a.from <= $day WITH a" in dropped("$day < a.to")
    assert "AND $day < a.to WITH a" in dropped("a.from <= $day")
    assert without(text, "a.x = 2") is None
