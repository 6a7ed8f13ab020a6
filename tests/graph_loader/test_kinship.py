"""Who is whose kin: against a table of relations worked out by hand, and by properties that hold for any family."""

import csv
import itertools
import random
from collections import defaultdict
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_loader.kinship import FOREVER_FROM, FOREVER_TO, Kinship, derive
from graph_loader.kinship_terms import PATTERNS, read, term_of

COLUMNS = {
    "people": ("ref", "sex", "birth"),
    "residents": ("person", "household", "role"),
    "marriages": ("husband", "wife", "kind", "date"),
    "parentage": ("child", "father", "mother"),
    "declared": ("official", "relative", "term", "date"),
}
Rows = dict[str, list[tuple[Any, ...]]]


def kinship(rows: Rows, focus: set[str] | None = None) -> Kinship:
    frames = {
        name: pd.DataFrame(rows.get(name, []), columns=list(columns), dtype=object) for name, columns in COLUMNS.items()
    }
    return derive(**frames, focus=everybody(rows) if focus is None else focus)


def everybody(rows: Rows) -> set[str]:
    people = {row[0] for row in rows.get("people", [])} | {row[0] for row in rows.get("residents", [])}
    people |= {ref for row in rows.get("marriages", []) + rows.get("declared", []) for ref in row[:2]}
    return {ref for ref in people | {ref for row in rows.get("parentage", []) for ref in row} if ref}


def family(facts: str) -> Rows:
    """Rows of the tables from one line of the relations: 户1: 甲=户主 男 1960, … ; 婚: 甲+乙 2000-01-01; 亲: 丙<甲,乙; 报: …"""
    rows: Rows = defaultdict(list)
    people: dict[str, list[Any]] = {}

    def person(words: list[str]) -> str:
        known = people.setdefault(words[0], [None, None])
        for word in words[1:]:
            known[word.isdigit()] = date(int(word), 1, 1) if word.isdigit() else word
        return words[0]

    for fact in facts.split(";"):
        kind, _, text = fact.strip().partition(": ")
        words = text.split()
        if kind.startswith("户"):
            for member in text.split(", "):
                name, _, description = member.partition("=")
                role, *rest = description.split()
                rows["residents"].append((person([name, *rest]), kind, role))
        elif kind in ("婚", "离"):
            husband, wife = words[0].split("+")
            rows["marriages"].append((husband, wife, {"婚": "结婚", "离": "离婚"}[kind], date.fromisoformat(words[1])))
        elif kind == "亲":
            child, _, parents = text.partition("<")
            father, mother = (None if name == "-" else name for name in parents.split(","))
            rows["parentage"].append((child, father, mother))
        elif kind == "报":
            day = date.fromisoformat(words[3]) if len(words) > 3 else None
            rows["declared"].append((words[0], words[2], words[1], day))
        else:
            assert kind == "人", fact
            for described in text.split(", "):
                person(described.split())
    rows["people"] = [(name, *known) for name, known in people.items()]
    return rows


@cache
def kin_in(facts: str) -> list[dict[str, Any]]:
    return kinship(family(facts)).kin.to_dict("records")


def relations() -> list[Any]:
    with (Path(__file__).parent / "kinship_relations.csv").open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    facts = {line["family"]: line["facts"] for line in reversed(table) if line["facts"]}
    return [
        pytest.param(
            {**line, "facts": facts[line["family"]]},
            id="-".join([line["family"], line["focus"], line["relative"], line["term"] or "无", line["from"]]),
        )
        for line in table
    ]


def test_the_table_of_relations_is_large_enough() -> None:
    assert len(relations()) >= 150


@pytest.mark.parametrize("line", relations())
def test_relation(line: dict[str, str]) -> None:
    found = [
        (edge["term"], edge["closeness"], edge["from"], edge["to"])
        for edge in kin_in(line["facts"])
        if (edge["start"], edge["end"]) == (line["focus"], line["relative"])
    ]
    start = date.fromisoformat(line["from"]) if line["from"] else FOREVER_FROM
    end = date.fromisoformat(line["to"]) if line["to"] else FOREVER_TO
    if line["term"]:
        assert (line["term"], line["closeness"], start, end) in found
    else:
        assert found == []


def edges(rows: Rows, start: str, end: str) -> list[tuple[Any, ...]]:
    kin = kinship(rows).kin
    of_pair = kin[(kin["start"] == start) & (kin["end"] == end)]
    return list(of_pair[["term", "from", "to"]].itertuples(index=False, name=None))


def test_every_term_given_is_a_term_understood() -> None:
    for pattern in PATTERNS:
        for sexes in itertools.product("mf?", repeat=len(pattern) + 1):
            for elder in (True, False, None):
                term = term_of(pattern, "".join(sexes), elder)
                relation = read(term)
                assert relation is not None and relation.pattern == pattern, term


@pytest.mark.parametrize(
    ("role", "pattern"),
    [
        ("户主", ""), ("02", ""), ("长　子", "D"), ("之妻", "M"), ("孙女（未成年）", "DD"), ("三女", "D"), ("38", "DM"),
        ("大儿媳", "DM"), ("二姐", "S"), ("其弟", "S"), ("户主之母", "U"), ("配偶的祖父母或外祖父母", "MUU"), ("妻子的弟弟", "MS"),
        ("父亲的兄弟的儿子", "USD"), ("继父", "UM"), ("27", "D"), ("儿子的岳母", "DMU"),
    ],
)  # fmt: skip
def test_words_of_the_register_and_of_declarations_are_read(role: str, pattern: str) -> None:
    relation = read(role)
    assert relation is not None and relation.pattern == pattern


@pytest.mark.parametrize(
    "word",
    [
        "未婚夫",
        "伴侣",
        "前妻",
        "干爹",
        "非亲属",
        "其他",
        "97",
        "媳妇",
        "小姨",
        "的",
        "妻子的",
        "朋友的弟弟",
        " ",
        "（妻）",
    ],
)
def test_a_word_that_says_no_kinship_or_several_makes_none(word: str) -> None:
    assert read(word) is None


def test_empty_tables_give_empty_frames_with_their_columns() -> None:
    found = kinship({})
    assert list(found.kin.columns)[:4] == ["start", "end", "term", "closeness"]
    assert found.kin.empty and found.parent_of.empty and found.spouse_of.empty and found.unknown_terms.empty


def test_the_divorce_ends_the_marriage_on_its_day_and_dates_reach_from_the_first_to_the_last_year() -> None:
    rows = family("婚: 甲+乙 2000-01-01; 离: 甲+乙 2010-05-05; 户1: 丙=户主, 丁=妻")
    spouses = kinship(rows).spouse_of
    assert list(spouses[["from", "to"]].itertuples(index=False, name=None)) == [
        (date(1, 1, 1), date(9999, 12, 31)),
        (date(2000, 1, 1), date(2010, 5, 5)),
    ]


def test_married_and_divorced_on_one_day_was_never_in_force() -> None:
    assert edges(family("婚: 甲+乙 2000-01-01; 离: 甲+乙 2000-01-01"), "甲", "乙") == []


def test_divorced_and_married_again_on_one_day_is_one_marriage() -> None:
    rows = family("婚: 甲+乙 2000-01-01; 离: 甲+乙 2005-01-01; 婚: 甲+乙 2005-01-01")
    assert edges(rows, "甲", "乙") == [("妻子", date(2000, 1, 1), FOREVER_TO)]


def test_a_second_wedding_row_without_a_divorce_changes_nothing() -> None:
    assert edges(family("婚: 甲+乙 2000-01-01; 婚: 甲+乙 2008-01-01"), "甲", "乙") == [
        ("妻子", date(2000, 1, 1), FOREVER_TO)
    ]


def test_a_brother_in_law_is_one_only_while_both_marriages_last() -> None:
    rows = family(
        "亲: 乙<子,丑; 亲: 丙<子,丑; 人: 乙 女 1970, 丙 女 1972; "
        "婚: 甲+乙 2000-01-01; 离: 甲+乙 2010-01-01; 婚: 丁+丙 2005-01-01; 离: 丁+丙 2015-01-01"
    )
    assert edges(rows, "甲", "丁") == [("连襟", date(2005, 1, 1), date(2010, 1, 1))]


def test_marriages_that_never_overlap_make_no_edge() -> None:
    rows = family("亲: 乙<子,丑; 亲: 丙<子,丑; 婚: 甲+乙 2000-01-01; 离: 甲+乙 2005-01-01; 婚: 丁+丙 2005-01-01")
    assert edges(rows, "甲", "丁") == []


def test_tables_behind_a_relation_and_the_people_on_the_way_are_named() -> None:
    rows = family("婚: 甲+乙 2000-01-01; 亲: 乙<子,丑; 亲: 丙<子,丑; 人: 乙 女 1970, 丙 男 1972")
    kin = kinship(rows, {"甲"}).kin.set_index("end")
    assert kin.loc["丙", "basis"] == ["marriages", "parentage"]
    assert kin.loc["丙", "via"] == ["甲", "乙", "丑", "丙"]
    assert kin.loc["丙", "steps"] == 2
    assert kin.loc["乙", "via"] == ["甲", "乙"]


def test_what_a_household_leaves_open_is_less_certain_than_what_is_on_record() -> None:
    by_role = kinship(family("户1: 甲=户主 男 1950, 乙=子 男 1975, 丙=儿媳 女 1977"), {"乙"}).kin.set_index("end")
    on_record = kinship(family("婚: 乙+丙 2000-01-01"), {"乙"}).kin.set_index("end")
    assert by_role.loc["丙", "confidence"] < by_role.loc["甲", "confidence"] < on_record.loc["丙", "confidence"]


def test_half_siblings_are_marked_and_full_ones_are_not() -> None:
    rows = family("亲: 丙<甲,乙; 亲: 丁<甲,戊; 亲: 己<甲,乙; 亲: 庚<甲,-")
    siblings = {(row["start"], row["end"]): row["half"] for row in kinship(rows).sibling_of.to_dict("records")}
    assert siblings[tuple(sorted(("丙", "丁")))] is True
    assert siblings[tuple(sorted(("丙", "己")))] is False
    assert siblings[tuple(sorted(("丙", "庚")))] is False


def test_parents_by_kind() -> None:
    rows = family("户1: 甲=户主 男 1960, 乙=养子 男 1990, 丙=继女 女 1992, 丁=养女或继女 女 1993; 亲: 戊<甲,-")
    kinds = {row["end"]: row["kind"] for row in kinship(rows).parent_of.to_dict("records") if row["start"] == "甲"}
    assert kinds == {"乙": "adoptive", "丙": "step", "丁": "unknown", "戊": "blood"}


def test_a_parent_younger_than_the_child_is_none() -> None:
    assert edges(family("亲: 乙<甲,-; 人: 甲 男 1990, 乙 男 1960"), "甲", "乙") == []


def test_a_child_too_old_for_the_second_wife_is_not_presumed_hers() -> None:
    rows = family("户1: 甲=户主 男 1960, 乙=妻 女 1978, 丙=子 男 1985")
    assert edges(rows, "丙", "乙") == [("继母", FOREVER_FROM, FOREVER_TO)]


def test_a_child_born_before_a_second_marriage_is_a_stepchild_of_it() -> None:
    rows = family(
        "户1: 甲=户主 男 1960, 乙=妻 女 1962, 丙=子 男 1985; "
        "婚: 甲+丁 1984-01-01; 离: 甲+丁 1990-01-01; 婚: 甲+乙 1995-01-01"
    )
    assert edges(rows, "乙", "丙") == [("继子", date(1995, 1, 1), FOREVER_TO)]


def test_a_child_born_long_before_the_wedding_is_a_stepchild_of_it() -> None:
    rows = family("户1: 甲=户主 男 1960, 乙=妻 女 1962, 丙=子 男 1985; 婚: 甲+乙 1995-01-01")
    assert edges(rows, "乙", "丙") == [("继子", date(1995, 1, 1), FOREVER_TO)]


def test_a_child_born_shortly_before_the_wedding_is_of_both() -> None:
    rows = family("户1: 甲=户主 男 1960, 乙=妻 女 1962, 丙=子 男 1985; 婚: 甲+乙 1988-01-01")
    assert edges(rows, "乙", "丙") == [("儿子", FOREVER_FROM, FOREVER_TO)]


def test_a_child_born_in_wedlock_is_of_both_whatever_happened_later() -> None:
    rows = family("亲: 丙<甲,-; 人: 丙 男 1985; 婚: 甲+乙 1984-01-01; 离: 甲+乙 1990-01-01; 婚: 甲+丁 1992-01-01")
    assert edges(rows, "丙", "乙") == [("母亲", FOREVER_FROM, FOREVER_TO)]
    assert edges(rows, "丙", "丁") == [("继母", date(1992, 1, 1), FOREVER_TO)]


def test_媳_is_a_daughter_in_law_in_the_register_and_nobody_in_a_declaration() -> None:
    assert edges(family("户1: 甲=户主 男, 乙=媳 女"), "甲", "乙") == [("儿媳", FOREVER_FROM, FOREVER_TO)]
    assert edges(family("报: 甲 媳妇 乙 2018-01-01"), "甲", "乙") == []


def test_declarations_that_make_no_kinship_are_reported_with_the_reason() -> None:
    rows = family(
        "报: 甲 未婚夫 乙 2015-03-03; 报: 甲 岳母 丙; 报: 甲 孙媳 丁 2015-03-03; 报: 甲 弟弟 戊; 报: 甲 弟弟 甲"
    )
    reported = kinship(rows).unknown_terms
    assert set(reported.itertuples(index=False, name=None)) == {
        ("甲", "乙", "未婚夫", "unknown"),
        ("甲", "丙", "岳母", "no date"),
        ("甲", "丁", "孙媳", "distant"),
        ("甲", "甲", "弟弟", "unknown"),
    }


def test_a_declared_son_older_than_the_official_is_reported_as_contradicted() -> None:
    found = kinship(family("报: 甲 儿子 乙 2015-03-03; 人: 甲 男 1980, 乙 男 1960"))
    assert found.kin.empty
    assert found.unknown_terms.values.tolist() == [["甲", "乙", "儿子", "contradicted"]]


def test_parentage_on_record_stands_against_a_declaration_the_other_way_round() -> None:
    assert edges(family("亲: 乙<甲,-; 报: 甲 父亲 乙; 人: 甲 男, 乙 男"), "甲", "乙") == [
        ("儿子", FOREVER_FROM, FOREVER_TO)
    ]


def test_which_of_two_husbands_of_a_daughter_in_law_is_the_son_is_not_guessed() -> None:
    rows = family("户1: 甲=户主 男 1950, 丙=儿媳 女 1977; 婚: 乙+丙 2001-01-01; 婚: 丁+丙 2010-01-01")
    assert edges(rows, "甲", "乙") == edges(rows, "甲", "丁") == []
    assert edges(rows, "甲", "丙") == [("儿媳", date(2010, 1, 1), FOREVER_TO)]


def test_a_daughter_in_law_whose_husband_has_other_parents_is_one_while_that_marriage_lasts() -> None:
    rows = family("户1: 甲=户主 男 1950, 丙=儿媳 女 1977; 婚: 乙+丙 2001-01-01; 离: 乙+丙 2011-01-01; 亲: 乙<丁,戊")
    assert edges(rows, "甲", "丙") == [("儿媳", date(2001, 1, 1), date(2011, 1, 1))]
    assert edges(rows, "甲", "乙") == []


def test_a_declared_relation_by_marriage_that_records_know_to_have_ended_has_ended() -> None:
    rows = family(
        "报: 甲 妻弟 丙 2018-01-01; 婚: 甲+乙 2000-01-01; 离: 甲+乙 2010-01-01; 亲: 乙<子,丑; 亲: 丙<子,丑; 人: 丙 男"
    )
    assert [(start, end) for _, start, end in edges(rows, "甲", "丙")] == [(date(2000, 1, 1), date(2010, 1, 1))]


def test_a_declared_spouse_gives_way_to_a_later_marriage_on_record() -> None:
    rows = family("报: 甲 妻子 乙 2015-01-01; 婚: 甲+丙 2018-01-01")
    assert edges(rows, "甲", "乙") == [("妻子", date(2015, 1, 1), date(2018, 1, 1))]


def test_two_declarations_of_one_relation_count_from_the_earlier() -> None:
    rows = family("报: 甲 妻弟 乙 2018-01-01; 报: 甲 妻弟 乙 2016-01-01; 人: 甲 男, 乙 男")
    assert edges(rows, "甲", "乙") == [("妻弟", date(2016, 1, 1), FOREVER_TO)]


def test_cells_may_be_nan_nat_timestamps_and_rows_may_repeat() -> None:
    people = pd.DataFrame(
        {
            "ref": ["甲", "乙", "甲"],
            "sex": ["男", float("nan"), "男"],
            "birth": [pd.Timestamp("1960-01-01"), pd.NaT, datetime(1960, 1, 1)],
        }
    )
    marriages = pd.DataFrame(
        {
            "husband": ["甲", "甲"],
            "wife": ["乙", None],
            "kind": ["结婚", "结婚"],
            "date": pd.to_datetime(["2000-01-01", "2001-01-01"]),
        }
    )
    empty = {name: pd.DataFrame(columns=list(COLUMNS[name])) for name in ("residents", "parentage", "declared")}
    found = derive(people=people, marriages=marriages, **empty, focus={"甲", "无此人"})
    assert list(found.kin[["end", "term", "from"]].itertuples(index=False, name=None)) == [
        ("乙", "妻子", date(2000, 1, 1))
    ]


def test_one_on_record_as_parent_of_a_whole_school_makes_no_siblings() -> None:
    rows: Rows = {"parentage": [(f"c{i:03}", "甲", None) for i in range(400)]}
    found = kinship(rows, {"甲", "c001"})
    assert found.sibling_of.empty
    assert len(found.kin[found.kin["start"] == "甲"]) == 400


PEOPLE = st.sampled_from("甲乙丙丁戊己庚辛")
DAYS = st.dates(date(1990, 1, 1), date(2020, 1, 1))
ROLES = st.sampled_from(
    [
        *(
            "户主",
            "配偶",
            "妻",
            "子",
            "长子",
            "次子",
            "女",
            "养子",
            "继子",
            "养子或继子",
            "儿媳",
            "女婿",
            "孙子",
            "外孙女",
            "孙媳",
        ),
        *(
            "父亲",
            "母亲",
            "继母",
            "公公",
            "岳母",
            "祖父",
            "曾祖母",
            "兄",
            "弟",
            "姐姐",
            "嫂",
            "妹夫",
            "侄子",
            "侄媳",
            "外甥女",
        ),
        *("伯父", "婶母", "舅父", "姨父", "堂兄", "表妹", "非亲属", "子女", "兄弟姐妹"),
    ]
)
TERMS = st.sampled_from(
    [
        *(
            "妻子",
            "丈夫",
            "父亲",
            "养母",
            "继父",
            "儿子",
            "弟弟",
            "妻弟",
            "岳母",
            "儿媳",
            "女婿",
            "外甥女婿",
            "连襟",
            "亲家",
        ),
        *("堂弟", "表姐", "舅父", "侄媳", "未婚夫", "夫妹", "继子", "婶母"),
    ]
)
FAMILIES = st.fixed_dictionaries(
    {
        "people": st.lists(
            st.tuples(
                PEOPLE, st.sampled_from(["男", "女", None]), st.none() | st.dates(date(1930, 1, 1), date(2010, 1, 1))
            ),
            unique_by=lambda row: row[0],
        ),
        "residents": st.lists(st.tuples(PEOPLE, st.sampled_from(["1", "2"]), ROLES), max_size=9),
        "marriages": st.lists(st.tuples(PEOPLE, PEOPLE, st.sampled_from(["结婚", "结婚", "离婚"]), DAYS), max_size=5),
        "parentage": st.lists(st.tuples(PEOPLE, st.none() | PEOPLE, st.none() | PEOPLE), max_size=5),
        "declared": st.lists(st.tuples(PEOPLE, PEOPLE, TERMS, st.none() | DAYS), max_size=4),
    }
)
WITHIN = settings(max_examples=100, deadline=None)


@given(FAMILIES)
@WITHIN
def test_blood_and_marriage_hold_both_ways_as_closely_on_the_same_days(rows: Rows) -> None:
    days: dict[tuple[str, str, str], list[tuple[date, date]]] = defaultdict(list)
    for edge in kinship(rows).kin.to_dict("records"):
        if edge["closeness"] != "近姻亲":
            days[edge["start"], edge["end"], edge["closeness"]].append((edge["from"], edge["to"]))
    for (start, end, closeness), intervals in days.items():
        assert joined(days[end, start, closeness]) == joined(intervals)


def joined(intervals: list[tuple[date, date]]) -> list[date]:
    """The days on which something begins or ends, those at which one interval meets the next left out."""
    ends = [day for interval in intervals for day in interval]
    return sorted(day for day in ends if ends.count(day) == 1)


@given(FAMILIES)
@WITHIN
def test_edges_are_of_others_never_empty_and_one_a_day_for_each_pair(rows: Rows) -> None:
    found = kinship(rows)
    taken: dict[tuple[str, str], list[tuple[date, date]]] = defaultdict(list)
    for edge in found.kin.to_dict("records"):
        assert edge["start"] != edge["end"]
        assert FOREVER_FROM <= edge["from"] < edge["to"] <= FOREVER_TO
        assert edge["via"][0] == edge["start"] and edge["via"][-1] == edge["end"]
        assert set(edge["via"]) <= everybody(rows) and len(set(edge["via"])) == len(edge["via"])
        assert edge["basis"] and set(edge["basis"]) <= {"residents", "marriages", "parentage", "declared_relatives"}
        assert 0 < edge["confidence"] <= 1 and 1 <= edge["steps"] <= 4
        for start, end in taken[edge["start"], edge["end"]]:
            assert edge["to"] <= start or end <= edge["from"]
        taken[edge["start"], edge["end"]].append((edge["from"], edge["to"]))
    for ties in (found.parent_of, found.spouse_of, found.sibling_of):
        assert set(ties["start"]) | set(ties["end"]) <= everybody(rows)
        assert (ties["start"] != ties["end"]).all()


@given(FAMILIES, st.randoms(use_true_random=False))
@WITHIN
def test_the_order_of_rows_makes_no_difference(rows: Rows, order: random.Random) -> None:
    shuffled = {name: order.sample(of_table, len(of_table)) for name, of_table in rows.items()}
    one, other = kinship(rows), kinship(shuffled)
    for name in ("kin", "parent_of", "spouse_of", "sibling_of", "unknown_terms"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@given(FAMILIES)
@WITHIN
def test_a_smaller_focus_gives_the_same_edges_of_those_in_it(rows: Rows) -> None:
    everyone = kinship(rows).kin
    pd.testing.assert_frame_equal(kinship(rows, {"甲"}).kin, everyone[everyone["start"] == "甲"].reset_index(drop=True))
