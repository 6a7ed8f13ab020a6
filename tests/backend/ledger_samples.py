"""Findings to put on record. Everybody here is invented."""

from dataclasses import replace
from datetime import date

from backend.findings import Check, Finding, Party, Thing

PASSWORD = "a long enough one"

CADRE = Party("official", "单小明", "431226********1234", "a" * 20)
RELATIVE = Party("relative", "曾阿秀", "431226********4321", "b" * 20)
SIGNER = "c" * 20
SIGNERS_WIFE = "d" * 20

FINDING = Finding(
    key="benefit_to_relative-0123456789abcdef",
    query="benefit_to_relative",
    pack="relative_favouring",
    query_version="1",
    identity={"official": "a" * 20, "relative": "b" * 20, "programme": "低保"},
    level="high",
    title_zh="锦和镇东街社区主任 单小明 的妻弟 曾阿秀 领取低保 24,300 元",
    title_en="曾阿秀, wife's brother of 单小明, received 24,300",
    persons=(CADRE, RELATIVE),
    things=(Thing("Programme", "DB01", "农村低保"), Thing("Company", "91431226MA4L00001X", "锦和建筑公司")),
    checks=(
        Check("in_post", "for", "发放当日在任", "in post on the day"),
        Check("declared", "against", "亲属关系已申报", "the relative was declared"),
        Check("alive", "missing", "未提供死亡人员，无法核对", "no table of deaths"),
    ),
    amount=24300.0,
    first_day=date(2019, 3, 5),
    last_day=date(2020, 3, 5),
    village="431226101001",
    place="锦和镇 东街社区",
    town="锦和镇",
    network={
        "nodes": [
            {"id": f"Person:{'a' * 20}", "label": "Person", "name": "单小明", "props": {"birth": date(1970, 1, 1)}}
        ],
        "edges": [
            {"id": "1", "source": f"Person:{SIGNER}", "target": "Payment:1", "type": "APPROVED", "props": {}},
            {"id": "2", "source": f"Person:{SIGNER}", "target": f"Person:{SIGNERS_WIFE}", "type": "KIN", "props": {}},
        ],
    },
    rows=({"table": "补贴发放", "delivery": "d1", "file": "补贴发放.csv", "sheet": "", "row": 7},),
    parameters={"max_degree": "近姻亲"},
    basis_hash="facts-1",
)


def finding(number: int = 0, **other: object) -> Finding:
    """A finding of its own key; what is given differs from the usual one."""
    return replace(FINDING, **{"key": f"benefit_to_relative-{number:016x}", **other})
