"""Whom a row without a valid ID number means: candidates for a person to look at, and what people decided.

Nothing here identifies anybody. A name inside a village gives candidates with what speaks for and against each; it becomes a fact
when a person confirms it, as a delivery of the table `identifications` (and of the mended row), dated, with a reason, that can be
withdrawn like any other. That none of the candidates is meant is a decision as well.
"""

import csv
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import neo4j

from graph_loader import loading
from graph_loader.cells import BLANK_WORDS, MISSING, STARS, Unreadable, plain, read_date, read_name, squeezed
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.names import Likeness, likeness
from graph_loader.resolution import resolve
from graph_loader.secret import Secret, secret_of
from graph_loader.sources import Source
from graph_loader.state import Kind, name, node_table, text
from graph_loader.tables import STANDS_FOR
from graph_loader.villages import Villages, villages_of

MOST_CANDIDATES = 8
LEAST_SCORE = 25
WORKING_AGE = (18, 80)
"""Ages at which somebody holds a post in a village without further question."""


@dataclass(frozen=True)
class Argument:
    """What speaks for or against a candidate, in a sentence each."""

    zh: str
    en: str


@dataclass(frozen=True)
class Candidate:
    """A person of the place a row names. `ref`: key of the Person; `score`: 1–99, never certain."""

    ref: str
    name: str
    id_masked: str
    village: str
    household: str
    group: str
    posts: tuple[str, ...]
    score: int
    pro: tuple[Argument, ...]
    con: tuple[Argument, ...]


@dataclass(frozen=True)
class Item:
    """A row that names a person without a valid number. `places`: `delivery, file, sheet, row` of each time it came;
    `cells`: canonical column → cell as delivered; `column`: the column that should hold the number."""

    id: str
    table: str
    name: str
    column: str
    village: str | None
    village_name: str
    town: str
    cells: dict[str, str]
    places: tuple[dict[str, Any], ...]
    tip: str = ""
    """The 举报编号 where a tip is the row."""
    shown: str = ""
    """The number as far as it can be read."""

    def told(self) -> list[tuple[str, str]]:
        """Columns and cells that help to decide, without numbers that identify."""
        hidden = {self.column, "账号"}
        return [(column, cell) for column, cell in self.cells.items() if cell and column not in hidden]


@dataclass(frozen=True)
class Decision:
    """What somebody decided about an item. `confirmed`: somebody was confirmed, else none of the candidates is meant."""

    item: str
    table: str
    name: str
    confirmed: bool
    by: str
    day: str
    reason: str
    delivery: str


class Review:
    """The review list of a home, as the evidence and the graph's last state give it; reads only."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.evidence = Evidence(home)
        self.secret: Secret = secret_of(home)
        self.version = self.evidence.version()
        self._db = duckdb.connect()
        self._rows = resolve(self._db, self.evidence.sources, self.evidence.rows_in_force())
        self.villages: Villages = villages_of(self._db, self._rows.get("divisions"))
        self._state = _attached(self._db, home / "graph" / "state.duckdb")

    def close(self) -> None:
        self._db.close()

    @cached_property
    def decisions(self) -> list[Decision]:
        """Decisions in force, the latest first."""
        if "identifications" not in self._rows:
            return []
        found = self._db.execute(
            'SELECT "事项", "来源表", "姓名", "决定" = \'确认\', "核对人", "核对日期"::VARCHAR, "理由", _delivery '
            f"FROM {self._rows['identifications']} ORDER BY _delivery DESC"
        ).fetchall()
        return [Decision(*row) for row in found]

    @cached_property
    def items(self) -> list[Item]:
        """What waits for a decision, by village and name."""
        decided = {decision.item for decision in self.decisions}
        waiting = [item for item in (*self._rows_without_number(), *self._tips()) if item.id not in decided]
        return sorted(waiting, key=lambda item: (item.town, item.village or "", item.name, item.id))

    def item(self, id: str) -> Item:
        """One item by its id. Raises GuanxiError when it does not wait for a decision."""
        for item in self.items:
            if item.id == id:
                return item
        raise GuanxiError(f"No row {id} waits for a decision: `guanxi review` lists those that do.")

    def candidates(self, item: Item) -> list[Candidate]:
        """People of the item's place whose names are alike, the likeliest first."""
        people = self._people(item.village, item.town)
        alike = [(person, found) for person in people if (found := likeness(item.name, person.name)).score]
        namesakes: dict[str, int] = defaultdict(int)
        for person in people:
            namesakes[person.name] += 1
        account = item.cells.get("账号", "")
        owners = self._owners(account) if account else set()
        judged = [self._judged(item, person, found, namesakes[person.name], owners) for person, found in alike]
        judged = [candidate for candidate in judged if candidate.score >= LEAST_SCORE]
        return sorted(judged, key=lambda candidate: (-candidate.score, candidate.ref))[:MOST_CANDIDATES]

    # Items

    def _rows_without_number(self) -> Iterable[Item]:
        """Quarantined rows in which only the number of a person that they name is missing or masked."""
        found: dict[str, Item] = {}
        for record in self.evidence.quarantined():
            source = self.evidence.sources[record["table"]]
            faults, cells = record["faults"], {column: plain(cell) for column, cell in record["cells"].items()}
            column = next(iter(faults), "")
            named = source.person_names.get(column)
            number = cells.get(column, "")
            masked = bool(STARS.search(squeezed(number)))
            if len(faults) != 1 or not named or not cells.get(named) or not (masked or faults[column] == MISSING):
                continue
            place = {key: record[key] for key in ("delivery", "file", "sheet", "row")}
            content = "\x1f".join(f"{key}={cell}" for key, cell in sorted(cells.items()))
            id = _item_id(source.id, column, content)
            if id in found:
                found[id] = replace(found[id], places=(*found[id].places, place))
                continue
            village, town = self._place(source, cells)
            found[id] = Item(
                id=id,
                table=source.id,
                name=read_name(cells[named]),
                column=column,
                village=village,
                village_name=self._village_name(village),
                town=town,
                cells=record["cells"],
                places=(place,),
                shown=number if masked else "",
            )
        return [item for item in found.values() if item.village or item.town]

    def _tips(self) -> Iterable[Item]:
        """Tips that name somebody and give a village, but no number."""
        if "tips" not in self._rows:
            return []
        found = self._db.execute(
            'SELECT "举报编号", "被反映人", "被反映人村编码", "日期"::VARCHAR, "内容", "涉及项目", _delivery, _file, _sheet, _row '
            f'FROM {self._rows["tips"]} WHERE "被反映人" IS NOT NULL AND "被反映人身份证号" IS NULL '
            'AND "被反映人村编码" IS NOT NULL ORDER BY "举报编号"'
        ).fetchall()
        return [
            Item(
                id=_item_id("tips", number, f"{named}\x1f{village}"),
                table="tips",
                name=named,
                column="被反映人身份证号",
                village=village,
                village_name=self._village_name(village),
                town=village[:9],
                cells={"举报编号": number, "日期": day, "被反映人": named, "内容": content, "涉及项目": project},
                places=(dict(zip(("delivery", "file", "sheet", "row"), place, strict=True)),),
                tip=number,
            )
            for number, named, village, day, content, project, *place in found
        ]

    def _place(self, source: Source, cells: dict[str, str]) -> tuple[str | None, str]:
        """Codes of the village and the town that a row names; None and the empty text where it names none."""
        for column in source.columns.values():
            if column.kind != "village_code":
                continue
            code = squeezed(cells.get(column.name, ""))
            if re.fullmatch(r"\d{12}", code):
                village = self.villages.today(code)
                return village, village[:9]
            town, written = cells.get(column.town_column or ""), cells.get(column.village_column or "")
            meant = {spell.code for spell in self.villages.meant(town, written)} if written else set()
            if len(meant) == 1:
                village = meant.pop()
                return village, village[:9]
            towns = self.villages.towns(town)
            if len(towns) == 1:
                return None, next(iter(towns))
        return None, ""

    def _village_name(self, code: str | None) -> str:
        village = self.villages.all.get(code or "")
        return f"{village.town_name}{village.name}" if village else code or ""

    # People

    def _people(self, village: str | None, town: str) -> "list[_Person]":
        """Residents and cadres of a village with the officials of its town; of a whole town where no village is known."""
        if not self._state:
            return []
        place = village or town
        if place not in self._known:
            self._known[place] = self._read_people(village, town)
        return self._known[place]

    @cached_property
    def _known(self) -> "dict[str, list[_Person]]":
        return {}

    def _read_people(self, village: str | None, town: str) -> "list[_Person]":
        post = self._table("HOLDS_POST", "Person", "Village"), self._table("HOLDS_POST", "Person", "Unit")
        contact = self._table("CONTACT_FOR", "Person", "Village")
        units, people, villages = (f"state.{name(node_table(label))}" for label in ("Unit", "Person", "Village"))
        within = "= $place" if village else "LIKE $place || '%'"
        rows = self._db.execute(
            f"""
            WITH posts AS (
                SELECT "start" AS ref, v.name || p.title AS post, "end" AS place, NULL AS town
                FROM {post[0]} p JOIN {villages} v ON v.key = p."end"
                UNION ALL SELECT "start", u.name || p.title, NULL, u.town
                FROM {post[1]} p JOIN {units} u ON u.key = p."end"
            ), meant AS (
                SELECT key AS ref FROM {people} WHERE village {within}
                UNION SELECT ref FROM posts WHERE place {within} OR town = $town
                UNION SELECT "start" FROM {contact} WHERE "end" {within}
            )
            SELECT p.key, p.name, p.id_masked, p.birth, p.died, p.village, coalesce(p.town_name, '') || coalesce(p.village_name, ''),
                   p.household, p."group", p.registration, list_sort(list(DISTINCT t.post) FILTER (WHERE t.post IS NOT NULL))
            FROM {people} p JOIN meant m ON m.ref = p.key LEFT JOIN posts t ON t.ref = p.key
            WHERE p.identified AND p.name IS NOT NULL
            GROUP BY ALL ORDER BY p.key
            """,
            {"place": village or town, "town": town},
        ).fetchall()
        return [_Person(*(*row[:10], tuple(row[10] or ()))) for row in rows]

    def _table(self, type: str, start: str, end: str) -> str:
        return f"state.{name(Kind(type, start, end).table)}"

    def _owners(self, account: str) -> set[str]:
        """Who holds an account."""
        if not self._state:
            return set()
        ref = self.secret.ref("account", re.sub(r"[\s-]", "", plain(account)).upper())
        held = self._table("HELD_BY", "Account", "Person")
        return {row[0] for row in self._db.execute(f'SELECT "end" FROM {held} WHERE "start" = $1', [ref]).fetchall()}

    def _judged(self, item: Item, person: "_Person", found: Likeness, namesakes: int, owners: set[str]) -> Candidate:
        score = found.score
        pro: list[Argument] = []
        con: list[Argument] = []
        (pro if found.how == "same" else con if found.how in ("near", "dialect") else pro).append(
            _alike(item, person, found)
        )

        def says(change: int, zh: str, en: str) -> None:
            nonlocal score
            score += change
            (pro if change >= 0 else con).append(Argument(zh, en))

        if found.how == "same" and namesakes == 1:
            says(0, "当地只有一人叫这个名字", "nobody else there has this name")
        if namesakes > 1:
            says(-8 * min(namesakes - 1, 4), f"当地有 {namesakes} 人同名", f"{namesakes} people there have this name")
        post = item.cells.get("职务", "")
        if post and any(held.endswith(post) for held in person.posts):
            says(8, f"记录中任过同一职务：{post}", f"held the same post: {post}")
        elif post and not person.posts:
            says(-5, "没有任职记录", "no post on record")
        if person.ref in owners:
            says(15, "行内账号是此人的账户", "the account in the row is theirs")
        elif owners:
            says(-20, "行内账号是别人的账户", "the account in the row is somebody else's")
        if item.shown:
            agrees = _visible_agrees(item.shown, person)
            if agrees:
                says(10, f"号码可见部分相符：{item.shown}", f"what can be read of the number agrees: {item.shown}")
            elif agrees is False:
                says(-100, f"号码可见部分不符：{item.shown}", f"what can be read of the number differs: {item.shown}")
        self._judge_age(item, person, says)
        if item.village and person.village and person.village != item.village:
            says(-5, f"户籍在{person.village_name or person.village}", f"is registered in {person.village_name}")
        if person.registration in ("迁出", "注销"):
            says(-10, f"户籍状态：{person.registration}", f"registration: {person.registration}")
        return Candidate(
            ref=person.ref,
            name=person.name,
            id_masked=person.id_masked or "",
            village=person.village_name or "",
            household=person.household or "",
            group=person.group or "",
            posts=person.posts,
            score=max(1, min(99, score)),
            pro=tuple(pro),
            con=tuple(con),
        )

    def _judge_age(self, item: Item, person: "_Person", says: Any) -> None:
        day = _day_of(item)
        if day is None or person.birth is None:
            return
        if person.died and person.died < day:
            says(-40, f"已于 {person.died} 死亡", f"died on {person.died}")
            return
        age = day.year - person.birth.year - ((day.month, day.day) < (person.birth.month, person.birth.day))
        if age < 0:
            says(-60, "当时尚未出生", "was not born then")
        elif item.table in ("village_cadres", "officials", "tips") and not WORKING_AGE[0] <= age <= WORKING_AGE[1]:
            says(-25, f"当时 {age} 岁，不像任职年龄", f"was {age} then: hardly in a post")
        else:
            says(0, f"当时 {age} 岁", f"was {age} then")


@dataclass(frozen=True)
class _Person:
    ref: str
    name: str
    id_masked: str | None
    birth: date | None
    died: date | None
    village: str | None
    village_name: str | None
    household: str | None
    group: str | None
    registration: str | None
    posts: tuple[str, ...]


def _attached(db: duckdb.DuckDBPyConnection, path: Path) -> bool:
    if not path.exists():
        return False
    db.execute(f"ATTACH {text(path)} AS state (READ_ONLY)")
    return True


def _item_id(*parts: str) -> str:
    """The same row has the same id in every delivery it comes with."""
    return sha256("\x1e".join(parts).encode()).hexdigest()[:12]


def _day_of(item: Item) -> date | None:
    """The first day that can be read among the cells."""
    for column, cell in item.cells.items():
        if cell and ("日期" in column or "时间" in column):
            try:
                return read_date(plain(cell))
            except Unreadable:
                continue
    return None


def _alike(item: Item, person: _Person, found: Likeness) -> Argument:
    written, known = item.name, person.name
    return {
        "same": Argument("姓名相同", "the same name"),
        "masked": Argument(f"与隐去部分的姓名「{written}」相容", f"fits the masked name {written}"),
        "sound": Argument(f"「{written}」与「{known}」同音", f"{written} and {known} sound the same"),
        "dialect": Argument(f"「{written}」与「{known}」读音相近", f"{written} and {known} sound alike in the region"),
        "look": Argument(f"「{written}」与「{known}」字形相近", f"{written} and {known} look alike"),
        "near": Argument(f"「{written}」与「{known}」不完全相同", f"{written} and {known} are not quite the same"),
    }[found.how]


def _visible_agrees(shown: str, person: _Person) -> bool | None:
    """Whether the digits that a masked number still shows are the person's; None where that cannot be compared."""
    number = squeezed(shown).upper()
    if not person.id_masked or len(number) != 18:
        return None
    birth = f"{person.birth:%Y%m%d}" if person.birth else "?" * 8
    known = person.id_masked[:6] + birth + person.id_masked[-4:]
    pairs = [(a, b) for a, b in zip(number, known, strict=True) if a.isdigit() and b.isdigit()]
    return all(a == b for a, b in pairs) if pairs else None


# Decisions


def confirm(home: Path, driver: neo4j.Driver, item: Item, candidate: Candidate, by: str, reason: str) -> str:
    """Makes it a fact that a row means a candidate: a delivery of the decision and, for a quarantined row, of the row with the
    number filled in. Gives the delivery's id, which `withdraw` takes back.

    Raises GuanxiError without a name or a reason, or when the number cannot be found any more.
    """
    evidence = Evidence(home)
    number = _number_of(evidence, candidate.ref)
    tables = {"identifications": [_decision(evidence, item, by, reason, number if item.tip else "", confirmed=True)]}
    if not item.tip:
        place = dict(
            zip(STANDS_FOR, (item.places[0][key] for key in ("delivery", "file", "sheet", "row")), strict=True)
        )
        tables[item.table] = [{**item.cells, item.column: number, **place}]
    return _deliver(home, driver, evidence, tables, by, reason)


def none_of_these(home: Path, driver: neo4j.Driver, item: Item, by: str, reason: str) -> str:
    """Keeps the decision that no candidate is meant; the row stays where it is. Gives the delivery's id."""
    evidence = Evidence(home)
    decision = _decision(evidence, item, by, reason, "", confirmed=False)
    return _deliver(home, driver, evidence, {"identifications": [decision]}, by, reason)


def _decision(evidence: Evidence, item: Item, by: str, reason: str, number: str, confirmed: bool) -> dict[str, Any]:
    if not by.strip():
        raise GuanxiError("A decision needs the name of whoever decided.")
    if len(reason.strip()) < 2 or reason.strip().lower() in BLANK_WORDS:
        raise GuanxiError("A decision needs a reason: say in a few words what it rests on.")
    return {
        "事项": item.id,
        "来源表": evidence.sources[item.table].title,
        "举报编号": item.tip,
        "姓名": item.name,
        "决定": "确认" if confirmed else "均不是",
        "身份证号": number,
        "核对人": by,
        "核对日期": date.today().isoformat(),
        "理由": " ".join(reason.split()),
    }


def _deliver(
    home: Path, driver: neo4j.Driver, evidence: Evidence, tables: dict[str, list[dict[str, Any]]], by: str, reason: str
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for id, rows in tables.items():
            source = evidence.sources[id]
            with (Path(folder) / f"{source.title}.csv").open("w", encoding="utf-8", newline="") as file:
                columns = [*source.columns, *(column for column in STANDS_FOR if column in rows[0])]
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        receipt = loading.load(home, driver, Path(folder), by, note=f"身份核对：{reason}")
    wrong = Evidence(home).quarantine(receipt.delivery.id)
    if receipt.delivery.total("quarantined") or receipt.delivery.refused:
        loading.withdraw(home, driver, receipt.delivery.id, by, reason="could not be read back")
        why = next((row["reason"] for row in wrong), "; ".join(receipt.delivery.refused.values()))
        raise GuanxiError(f"The decision was not kept, since its row cannot be loaded: {why}")
    return receipt.delivery.id


def _number_of(evidence: Evidence, ref: str) -> str:
    """The full number of a person, from a delivered row."""
    rows = evidence.rows_in_force()
    with duckdb.connect() as db:
        for id, sql in rows.items():
            for column in evidence.sources[id].columns.values():
                if column.kind != "person_id":
                    continue
                found = db.execute(
                    f"SELECT {name(column.name)} FROM {sql} WHERE {name(column.name + '@ref')} = $1 LIMIT 1", [ref]
                ).fetchone()
                if found:
                    return str(found[0])
    raise GuanxiError("No delivery in force holds this person's number any more: load the residents' table again.")
