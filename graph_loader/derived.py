"""The derived layer: who won and contracts by award, who is in charge of what and when, who is whose kin. It can be derived again."""

import duckdb
import pandas as pd

from graph_loader import kinship
from graph_loader.ontology import Ontology
from graph_loader.state import Kind, name, node_table, put_relationships, text

NO_GOVERNMENT = "小学|中学|学校|幼儿园|卫生院|医院|敬老院|福利院|供养中心|公司|合作社|信用社|银行|支行|供电所"
"""Institutions named after a town that have no say in what its government decides."""


FOCUS_TYPES = ("HOLDS_POST", "CONTACT_FOR", "HAS_ROLE", "HANDLED", "REVIEWED", "APPROVED", "SIGNED", "LEADS")
"""Relationships by which a person can matter."""


def derive(db: duckdb.DuckDBPyConnection, ontology: Ontology, rows: dict[str, str]) -> pd.DataFrame:
    """Fills the derived tables of a state. `rows`: source id → SQL of its rows in force.

    Returns the declared relations that make no kinship: `official`, `relative`, `term`.
    """
    _towns_of_units(db)
    _awards(db)
    _in_charge(db)
    return _kinship(db, ontology, rows)


def _towns_of_units(db: duckdb.DuckDBPyConnection) -> None:
    """A town's government is the unit whose name starts with the town's (domain rule 'in charge of a village')."""
    db.execute(f"""
        UPDATE {name(node_table("Unit"))} SET town = t.town FROM (
            SELECT u.key AS unit, arg_max(t.key, (length(t.name), t.key)) AS town
            FROM {name(node_table("Unit"))} u JOIN {name(node_table("Town"))} t
              ON starts_with(u.key, t.name) AND NOT regexp_matches(u.key, {text(NO_GOVERNMENT)})
            GROUP BY u.key) t
        WHERE t.unit = {name(node_table("Unit"))}.key
    """)


def _awards(db: duckdb.DuckDBPyConnection) -> None:
    """What procurement data say of award and process only: which bids won, and who a contract is between.

    A bid of a project with an active award to somebody named has won if one who placed it is named in an active award, unless
    award and bid name lots and have none in common; without such an award nobody knows.
    """

    def table(type: str, start: str, end: str) -> str:
        return name(Kind(type, start, end).table)

    awarded, bids = table("AWARDED_TO", "Award", "Company"), name(node_table("Bid"))
    db.execute(f"""
        UPDATE {bids} SET won = w.won FROM (
            SELECT b.key, bool_or(coalesce(p."start" = t."end"
                   AND (a.lots IS NULL OR l."end" = b.project || '#'
                        OR list_contains(a.lots, substr(l."end", length(b.project) + 2))), FALSE)) AS won
            FROM {bids} b
            JOIN {name(node_table("Award"))} a ON a.project = b.project AND a.status = 'active'
            JOIN {awarded} t ON t."start" = a.key
            LEFT JOIN {table("PLACED", "Company", "Bid")} p ON p."end" = b.key
            LEFT JOIN {table("FOR_LOT", "Bid", "Lot")} l ON l."start" = b.key
            WHERE b.won IS NULL GROUP BY b.key) w
        WHERE w.key = {bids}.key
    """)
    contractors = table("AWARDED_TO", "Contract", "Company")
    db.execute(f"""
        INSERT INTO {contractors} BY NAME
        SELECT DISTINCT f."start", t."end" FROM {table("FOLLOWS", "Contract", "Award")} f
        JOIN {awarded} t ON t."start" = f."end" ANTI JOIN {contractors} c ON c."start" = f."start"
    """)
    owners = table("LET_BY", "Contract", "Unit")
    db.execute(f"""
        INSERT INTO {owners} BY NAME
        SELECT DISTINCT c."start", b."start" AS "end" FROM {table("CARRIES_OUT", "Contract", "Project")} c
        JOIN {table("BUYS", "Unit", "Project")} b ON b."end" = c."end" ANTI JOIN {owners} o ON o."start" = c."start"
    """)


def _in_charge(db: duckdb.DuckDBPyConnection) -> None:
    def table(type: str, start: str, end: str) -> str:
        return name(Kind(type, start, end).table)

    village_post = table("HOLDS_POST", "Person", "Village")
    unit_post = table("HOLDS_POST", "Person", "Unit")
    to_village = table("IN_CHARGE", "Person", "Village")
    grouped = 'GROUP BY "start", "end", "by", "from"'
    db.execute(f"""
        INSERT INTO {to_village} BY NAME
        SELECT "start", "end", "by", "from", max("to") AS "to" FROM (
            SELECT "start", "end", '村干部' AS "by", "from", "to" FROM {village_post}
            UNION ALL
            SELECT "start", "end", '联系村', "from", "to" FROM {table("CONTACT_FOR", "Person", "Village")}
            UNION ALL
            SELECT p."start", v.key, '乡镇政府', p."from", p."to" FROM {unit_post} p
            JOIN {name(node_table("Unit"))} u ON u.key = p."end"
            JOIN {name(node_table("Village"))} v ON v.town = u.town
        ) {grouped}
    """)
    db.execute(f"""
        INSERT INTO {table("IN_CHARGE", "Person", "Programme")} BY NAME
        SELECT p."start", r."start" AS "end", '主管部门' AS "by", p."from", max(p."to") AS "to"
        FROM {unit_post} p JOIN {table("RUN_BY", "Programme", "Unit")} r ON r."end" = p."end"
        GROUP BY p."start", r."start", p."from"
    """)
    # Who leads or signed for a project without any post on record has that power by the role itself, on every day.
    posts = f'SELECT "start", "from", "to" FROM {village_post} UNION SELECT "start", "from", "to" FROM {unit_post}'
    db.execute(f"""
        INSERT INTO {table("IN_CHARGE", "Person", "Project")} BY NAME
        SELECT "start", "end", "by", "from", max("to") AS "to" FROM (
            SELECT r."start", r."end", r."by", coalesce(p."from", DATE '0001-01-01') AS "from",
                   coalesce(p."to", DATE '9999-12-31') AS "to"
            FROM (SELECT "start", "end", '项目负责人' AS "by" FROM {table("LEADS", "Person", "Project")}
                  UNION
                  SELECT s."start", c."end", '合同签订人' FROM {table("SIGNED", "Person", "Contract")} s
                  JOIN {table("CARRIES_OUT", "Contract", "Project")} c ON c."start" = s."end") r
            LEFT JOIN ({posts}) p ON p."start" = r."start"
            UNION ALL
            SELECT p."start", r."end", '主管单位', p."from", p."to" FROM {unit_post} p
            JOIN {table("RUNS", "Unit", "Project")} r ON r."start" = p."end"
            UNION ALL
            SELECT v."start", a."start", '所在村', v."from", v."to" FROM {to_village} v
            JOIN {table("AT", "Project", "Village")} a ON a."end" = v."end"
        ) {grouped}
    """)


def _kinship(db: duckdb.DuckDBPyConnection, ontology: Ontology, rows: dict[str, str]) -> pd.DataFrame:
    def frame(source: str, columns: dict[str, str]) -> pd.DataFrame:
        if source not in rows:
            return pd.DataFrame(columns=list(columns))
        wanted = ", ".join(f"{name(column)} AS {name(as_name)}" for as_name, column in columns.items())
        return _objects(db, f"SELECT {wanted} FROM {rows[source]}")

    derived = kinship.derive(
        people=_objects(db, f"SELECT key AS ref, sex, birth FROM {name(node_table('Person'))}"),
        residents=frame("residents", {"person": "公民身份号码@ref", "household": "户号", "role": "与户主关系"}),
        marriages=frame(
            "marriages",
            {"husband": "男方身份证号@ref", "wife": "女方身份证号@ref", "kind": "登记类型", "date": "登记日期"},
        ),
        parentage=frame(
            "parentage", {"child": "子女身份证号@ref", "father": "父亲身份证号@ref", "mother": "母亲身份证号@ref"}
        ),
        declared=frame(
            "declared_relatives",
            {"official": "干部身份证号@ref", "relative": "亲属身份证号@ref", "term": "称谓", "date": "备案日期"},
        ),
        focus=_focus(db, ontology),
    )
    for type, pairs in (
        ("PARENT_OF", derived.parent_of),
        ("SPOUSE_OF", derived.spouse_of),
        ("SIBLING_OF", derived.sibling_of),
        ("KIN", derived.kin),
    ):
        put_relationships(db, ontology.relationships[type], Kind(type, "Person", "Person"), pairs)
    return derived.unknown_terms


def _objects(db: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """A frame of plain Python values: dates stay dates, empty cells are None."""
    cursor = db.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)


def _focus(db: duckdb.DuckDBPyConnection, ontology: Ontology) -> set[str]:
    """People who can matter: with a post, a role in a company, a signature, a project, or whose account took another's payment.

    They are kept as the table `focus`."""
    selects = [
        f'SELECT "start" AS ref FROM {name(Kind(rel.type, start, end).table)}'
        for rel in ontology.relationships.values()
        if rel.type in FOCUS_TYPES
        for start, end in rel.between
        if start == "Person"
    ]
    selects.append(f"""
        SELECT h."end" AS ref FROM {name(Kind("INTO", "Payment", "Account").table)} i
        JOIN {name(Kind("HELD_BY", "Account", "Person").table)} h ON h."start" = i."end"
        JOIN {name(Kind("TO", "Payment", "Person").table)} t ON t."start" = i."start" AND t."end" <> h."end"
    """)
    db.execute(f"CREATE TABLE focus AS {' UNION '.join(selects)}")
    return {ref for (ref,) in db.execute("SELECT ref FROM focus").fetchall()}
