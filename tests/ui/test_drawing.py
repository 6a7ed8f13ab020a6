"""How a network is drawn: words on nodes and edges, what is strong, what speaks against, and the order from left to right."""

from typing import Any

import pytest
from page_samples import OFFICIAL, RELATIVE, edge, network, node

from ui.drawing import drawn
from ui.timeline import timeline


def one(found: dict[str, list[dict[str, Any]]], id: str) -> dict[str, Any]:
    return next(element for element in (*found["nodes"], *found["edges"]) if element["id"].startswith(id))


def test_an_official_carries_the_post_and_stands_left_of_the_relative() -> None:
    picture = drawn(network(), "zh", "元")
    official, relative = one(picture, f"Person:{OFFICIAL}"), one(picture, f"Person:{RELATIVE}")
    assert official["under"] == "村主任" and official["family"] == "power" and official["kind"] == "Official"
    tiers = [official["tier"], relative["tier"], one(picture, "Payment:")["tier"], one(picture, "Programme:")["tier"]]
    assert tiers == sorted(tiers) and len(set(tiers)) == 4


def test_kinship_is_named_as_seen_from_the_official() -> None:
    kin = one(drawn(network(), "zh", "元"), "KIN|")
    assert kin["source"] == f"Person:{OFFICIAL}" and kin["caption"] == "妻弟" and kin["strong"]
    assert ["依据", "婚姻登记"] in kin["facts"]


def test_signatures_carry_their_day_and_money_its_amount_in_the_chosen_unit() -> None:
    in_yuan, in_wan = drawn(network(), "zh", "元"), drawn(network(), "zh", "万元")
    assert one(in_yuan, "APPROVED|")["caption"] == "审批 2019-03-02"
    assert one(in_yuan, "TO|")["caption"] == "300.00 元" and one(in_wan, "TO|")["caption"] == "0.03 万元"
    assert one(in_yuan, "UNDER|")["caption"] == ""


def test_many_payments_come_as_one_node_with_count_sum_and_span() -> None:
    payments = [
        node("Payment", f"F{n}", "田小满", amount=100.0, date=f"2019-0{n}-15", programme="P01") for n in range(1, 9)
    ]
    fold = {
        **payments[0],
        "id": f"group:P01:Person:{RELATIVE}",
        "props": {},
        "members": payments,
        "count": 8,
        "sum": 800.0,
    }
    fold |= {"from": "2019-01-15", "to": "2019-08-15"}
    person = node("Person", RELATIVE, "田小满")
    to = edge("TO", fold["id"], person["id"]) | {"count": 8}
    picture = drawn({"nodes": [fold, person], "edges": [to]}, "zh", "元")
    group = one(picture, "group:")
    assert group["caption"] == "800.00 元" and group["under"] == "8 笔 2019-01–2019-08" and len(group["members"]) == 8
    assert picture["edges"][0]["amount"] == 800.0
    told = timeline({"nodes": [fold, person], "edges": [to]}, "zh", "元")
    assert [moment.day for moment in told] == ["2019-01-15", "2019-08-15"] and "8 笔" in told[0].words


@pytest.mark.parametrize(("event", "against"), [("2019-01-15", True), ("2017-01-01", False), ("", False)])
def test_what_had_ended_by_the_day_of_the_lead_speaks_against_it(event: str, against: bool) -> None:
    people = [node("Person", "x" * 20, "沈立冬", labels=("Official",)), node("Village", "1", "青石村")]
    post = edge(
        "HOLDS_POST", people[0]["id"], "Village:1", title="村主任", **{"from": "2015-01-01", "to": "2018-06-01"}
    )
    drawn_post = drawn({"nodes": people, "edges": [post]}, "zh", "元", event)["edges"][0]
    assert drawn_post["against"] is against and "至 2018-06-01" in drawn_post["caption"]
    assert drawn_post["caption"].startswith("✓") is against


def test_a_declaration_speaks_against_and_the_dead_and_the_struck_off_are_marked() -> None:
    nodes = [
        node("Person", "x" * 20, "沈立冬"),
        node("Person", "y" * 20, "沈大山", died="2018-02-03"),
        node("Company", "91", "青石建筑队", status="注销"),
    ]
    told = edge("DECLARED", nodes[0]["id"], nodes[1]["id"], term="父亲", date="2016-05-01")
    picture = drawn({"nodes": nodes, "edges": [told]}, "zh", "元")
    assert picture["edges"][0]["against"] and picture["edges"][0]["caption"] == "✓ 父亲 已申报 2016-05-01"
    assert picture["nodes"][1]["dead"] and picture["nodes"][1]["caption"] == "沈大山〔†2018〕"
    assert picture["nodes"][2]["cancelled"]


def test_a_card_tells_no_hash_and_no_code_that_a_name_stands_for() -> None:
    person = node(
        "Person", "x" * 20, "沈立冬", initials="sld", household="h1", village="431226104203", village_name="青石村"
    )
    company = node("Company", "91", "青石建筑队", phone="f" * 20, phone_masked="138****0001")
    picture = drawn({"nodes": [person, company], "edges": []}, "zh", "元")
    told = [text for each in picture["nodes"] for _, text in each["facts"]]
    assert "sld" not in told and "431226104203" not in told and "f" * 20 not in told and "138****0001" in told


def test_english_names_kinds_and_relations() -> None:
    picture = drawn(network(), "en", "元")
    assert (
        one(picture, "Payment:")["what"] == "payment" and one(picture, "APPROVED|")["caption"] == "approved 2019-03-02"
    )


def test_the_timeline_runs_from_the_first_day_to_the_last() -> None:
    days = [moment.day for moment in timeline(network(), "zh", "元")]
    assert days == sorted(days) and days[0] == "2010-05-01"
    words = [moment.words for moment in timeline(network(), "zh", "元")]
    assert any("首次领取农村低保（共 3 笔，900.00 元）" in line for line in words)
    assert any("妻弟" in line for line in words) and any("审批日期" in line for line in words)
