"""Invented accounts and leads for the tests of the pages."""

from dataclasses import replace
from datetime import date
from typing import Any

from backend import leads
from backend.findings import Check, Finding, Party, Thing
from backend.ledger import Ledger

PASSWORDS = {
    "zhang": "mountain-stream-9",
    "li": "mountain-stream-8",
    "wang": "mountain-stream-7",
    "clerk": "mountain-stream-6",
    "chen": "mountain-stream-4",
    "zhou": "mountain-stream-3",
}
ROLES = {
    "zhang": "investigator",
    "li": "investigator",
    "wang": "supervisor",
    "clerk": "clerk",
    "chen": "analyst",
    "zhou": "analyst",
}
OFFICIAL, RELATIVE = "a" * 20, "b" * 20
VILLAGE = "431226104203"


def node(
    label: str, key: str, name: str, strong: bool = False, labels: tuple[str, ...] = (), **props: Any
) -> dict[str, Any]:
    shown = {"id": f"{label}:{key}", "label": label, "labels": sorted({label, *labels}), "name": name, "strong": strong}
    return shown | {"props": {"key": key, "name": name, **props}}


def edge(type: str, source: str, target: str, strong: bool = False, **props: Any) -> dict[str, Any]:
    return {
        "id": f"{type}|{source}|{target}",
        "source": source,
        "target": target,
        "type": type,
        "props": props,
        "strong": strong,
    }


def network(payments: int = 3) -> dict[str, list[dict[str, Any]]]:
    """A village head whose wife's brother draws a subsistence allowance that he approved himself."""
    official, relative = f"Person:{OFFICIAL}", f"Person:{RELATIVE}"
    nodes = [
        node("Person", OFFICIAL, "沈立冬", True, ("Official",), id_masked="431226********0017", sex="男"),
        node("Person", RELATIVE, "田小满", True, id_masked="431226********0025", sex="男", village_name="青石村"),
        node("Village", VILLAGE, "青石村"),
        node("Programme", "P01", "农村低保", True, department="民政局", mode="审核"),
        node("Application", "S1", "S1", True, programme="P01", approved_on="2019-03-02", result="同意"),
    ]
    edges = [
        edge(
            "HOLDS_POST", official, f"Village:{VILLAGE}", title="村主任", **{"from": "2017-01-01", "to": "9999-12-31"}
        ),
        edge(
            "KIN",
            official,
            relative,
            True,
            term="妻弟",
            **{"from": "2010-05-01", "to": "9999-12-31"},
            basis=["婚姻登记"],
        ),
        edge("APPROVED", official, "Application:S1", True),
        edge("APPLIED", relative, "Application:S1", True),
        edge("UNDER", "Application:S1", "Programme:P01", True),
    ]
    for month in range(1, payments + 1):
        payment = f"F{month:04}"
        day = date(2019 + (month - 1) // 12, (month - 1) % 12 + 1, 15).isoformat()
        nodes.append(node("Payment", payment, "田小满", True, amount=300.0, date=day, programme="P01"))
        edges += [
            edge("TO", f"Payment:{payment}", relative, True),
            edge("UNDER", f"Payment:{payment}", "Programme:P01", True),
        ]
    return {"nodes": nodes, "edges": edges}


def finding(number: int = 1, **changes: Any) -> Finding:
    """An invented lead; `number` tells them apart."""
    plain = Finding(
        key=f"approved_for_relative-{number:016x}",
        query="approved_for_relative",
        pack="relative_favouring",
        query_version="0123456789ab",
        identity={"signer": OFFICIAL, "relative": RELATIVE, "programme": f"P{number:02}"},
        level="high",
        title_zh=f"青石村村主任 沈立冬 的妻弟 田小满 领取农村低保 {number * 900}.00 元，审批人为 沈立冬",
        title_en=f"Tian Xiaoman, wife's brother of the village head Shen Lidong, received {number * 900}.00 yuan he approved",
        persons=(
            Party("signer", "沈立冬", "431226********0017", OFFICIAL),
            Party("relative", "田小满", "431226********0025", RELATIVE),
        ),
        things=(Thing("Programme", "P01", "农村低保"),),
        checks=(
            Check("signed", "for", "审批人是本人", "he signed himself"),
            Check("declared", "against", "任前已申报亲属关系", "the kinship was declared"),
            Check("assets", "missing", "未交付房产表，无法核对", "real estate was not delivered"),
        ),
        amount=number * 900.0,
        first_day=date(2019, 1, 15),
        last_day=date(2019, 3, 15),
        village=VILLAGE,
        place="锦溪镇 青石村",
        town="锦溪镇",
        network=network(),
        rows=({"table": "payments", "delivery": "d1-abc", "file": "补贴发放_2019.csv", "sheet": "", "row": 12},),
        basis_hash=f"basis-{number}",
    )
    return replace(plain, **changes)


def record(ledger: Ledger, *findings: Finding) -> None:
    with ledger.writing() as session:
        leads.record(session, "approved_for_relative", findings, date(2021, 1, 1))
