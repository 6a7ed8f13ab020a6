"""The queries of the console that people keep, share and asked before. Numbers of people are masked before anything is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from backend import audit
from backend.accounts import NotAllowed, Viewer, require
from backend.console import Refused
from backend.ledger import AskedQuery, SavedQuery, now
from graph_loader.cells import masked_text

REMEMBERED = 50
"""Runs that the history keeps of each account."""
NAMES = re.compile(r"\$(\w+)")
KINDS = ("text", "integer", "number", "date", "boolean", "list")
"""What the value of a parameter may be; a list is one of texts, separated by commas."""


@dataclass(frozen=True)
class Typed:
    """A parameter as it was typed into the form."""

    kind: str
    value: str

    def read(self, name: str) -> Any:
        """Its value. Raises Refused for one that is not of its kind."""
        text = self.value.strip()
        try:
            if self.kind == "integer":
                return int(text)
            if self.kind == "number":
                return float(text)
            if self.kind == "date":
                return date.fromisoformat(text)
            if self.kind == "boolean":
                return {"true": True, "false": False}[text.lower()]
        except (ValueError, KeyError):
            raise Refused(
                f"参数 ${name} 的值“{text}”不是{WORDS[self.kind][0]}，请改正。",
                f"The value “{text}” of ${name} is no {WORDS[self.kind][1]}: mend it.",
            ) from None
        return [part.strip() for part in re.split("[,，、]", text) if part.strip()] if self.kind == "list" else text


WORDS = {
    "text": ("文字", "text"),
    "integer": ("整数", "whole number"),
    "number": ("数", "number"),
    "date": ("日期（如 2019-05-17）", "date (like 2019-05-17)"),
    "boolean": ("true 或 false", "true or false"),
    "list": ("列表", "list"),
}


def names_in(text: str) -> list[str]:
    """The parameters of a text, in their order."""
    return list(dict.fromkeys(NAMES.findall(re.sub(r"//[^\n]*|'[^']*'|\"[^\"]*\"", "", text))))


def guessed(value: Any) -> Typed:
    """The form of a value that is known, such as a pack query's default."""
    if isinstance(value, bool):
        return Typed("boolean", str(value).lower())
    if isinstance(value, list):
        return Typed("list", ", ".join(map(str, value)))
    kinds = {int: "integer", float: "number", date: "date"}
    return Typed(kinds.get(type(value), "text"), "" if value is None else str(value))


def values_of(text: str, typed: Mapping[str, Typed]) -> dict[str, Any]:
    """The values of a text's parameters. Raises Refused for one that was not filled in."""
    values = {}
    for name in names_in(text):
        if name not in typed or (not typed[name].value.strip() and typed[name].kind not in ("text", "list")):
            raise Refused(f"请填写参数 ${name}。", f"Fill in the parameter ${name}.")
        values[name] = typed[name].read(name)
    return values


def allow(viewer: Viewer) -> None:
    """Raises NotAllowed for a role without the console, and for an account that sees some towns only: a query sees the whole graph."""
    require(viewer, "query")
    if viewer.towns:
        raise NotAllowed(
            "whole_county_only",
            "控制台能看到全县的图，您的账号只限部分乡镇，不能使用。",
            "The console sees the whole county's graph, and your account some towns only.",
        )


def remember(
    session: Session, viewer: Viewer, text: str, typed: Mapping[str, Typed], rows: int | None, seconds: float
) -> None:
    """Puts a run into its owner's history and on the log."""
    allow(viewer)
    kept, parameters = masked_text(text), _kept(typed)
    session.add(
        AskedQuery(account_id=viewer.id, at=now(), text=kept, parameters=parameters, rows=rows, seconds=seconds)
    )
    session.flush()
    numbers = select(AskedQuery.id).where(AskedQuery.account_id == viewer.id).order_by(AskedQuery.id.desc())
    last = session.scalars(numbers.offset(REMEMBERED).limit(1)).first()
    if last is not None:
        session.execute(delete(AskedQuery).where(AskedQuery.account_id == viewer.id, AskedQuery.id <= last))
    audit.append(session, viewer.name, "console.run", "", {"text": kept, "parameters": parameters, "rows": rows})


def history(session: Session, viewer: Viewer) -> list[AskedQuery]:
    """The viewer's own runs, the last first."""
    allow(viewer)
    own = select(AskedQuery).where(AskedQuery.account_id == viewer.id).order_by(AskedQuery.id.desc())
    return list(session.scalars(own))


def kept_queries(session: Session, viewer: Viewer) -> list[SavedQuery]:
    """The viewer's own and those that others share, by name."""
    allow(viewer)
    seen = or_(SavedQuery.account_id == viewer.id, SavedQuery.shared)
    return list(session.scalars(select(SavedQuery).where(seen).order_by(SavedQuery.name, SavedQuery.id)))


def kept_query(session: Session, viewer: Viewer, id: int) -> SavedQuery:
    """Raises NotAllowed where there is none that the viewer may see."""
    found = next((one for one in kept_queries(session, viewer) if one.id == id), None)
    if found is None:
        raise NotAllowed(
            "no_such_query",
            "没有这条保存的查询，或没有共享给您。",
            "There is no such saved query, or it is not shared.",
        )
    return found


def keep(
    session: Session,
    viewer: Viewer,
    name: str,
    description: str,
    text: str,
    typed: Mapping[str, Typed],
    shared: bool,
) -> SavedQuery:
    """Keeps a query under a name; one of the viewer's own of that name is replaced. Raises NotAllowed without a name or text."""
    allow(viewer)
    name = masked_text(name.strip())[:80]
    if not name or not text.strip():
        raise NotAllowed("no_name", "请先写查询，并给它起一个名字。", "Write a query and give it a name first.")
    own = select(SavedQuery).where(SavedQuery.account_id == viewer.id, SavedQuery.name == name)
    saved = session.scalars(own).first() or SavedQuery(account_id=viewer.id, name=name)
    saved.description, saved.text = masked_text(description.strip())[:500], masked_text(text)
    saved.parameters, saved.shared, saved.changed_at = _kept(typed), shared, now()
    session.add(saved)
    session.flush()
    audit.append(session, viewer.name, "console.save", str(saved.id), {"name": name, "shared": shared})
    return saved


def forget(session: Session, viewer: Viewer, id: int) -> None:
    """Takes one of the viewer's own saved queries away. Raises NotAllowed for another's."""
    saved = kept_query(session, viewer, id)
    if saved.account_id != viewer.id:
        raise NotAllowed("not_yours", "只能删除自己保存的查询。", "Only your own saved queries can be deleted.")
    session.delete(saved)
    audit.append(session, viewer.name, "console.forget", str(id), {"name": saved.name})


def typed_from(parameters: Mapping[str, Mapping[str, str]]) -> dict[str, Typed]:
    return {name: Typed(one["kind"], one["value"]) for name, one in parameters.items()}


def _kept(typed: Mapping[str, Typed]) -> dict[str, Any]:
    return {name: {"kind": one.kind, "value": masked_text(one.value)} for name, one in typed.items()}
