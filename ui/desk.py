"""What every page needs: the ledger, the graph, the evidence, the viewer, and the template it is drawn with."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from backend import accounts, audit
from backend.accounts import NotAllowed, Viewer
from backend.county import County, county_of
from backend.exploration import Exploration
from backend.ledger import Ledger, open_ledger
from backend.packs import Packs, load_packs
from ui import display
from ui.words import LANGUAGES, file_fault, say, some

COOKIE = "guanxi"
FOLDER = Path(__file__).parent


@dataclass
class Desk:
    """One for the whole web server; ledger and engine are opened when first asked for, and again after they were lost."""

    home: Path
    exploration: Exploration
    _ledger: Ledger | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def ledger(self) -> Ledger:
        """Raises LedgerLost when it cannot be opened."""
        with self._lock:
            if self._ledger is None:
                self._ledger = open_ledger(self.home)
            return self._ledger

    @cached_property
    def packs(self) -> Packs:
        """The queries that can say something about a lead."""
        return load_packs()

    @cached_property
    def county(self) -> County:
        """What the county is called."""
        return county_of(self.home)

    def original(self, viewer: Viewer, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The delivered table around a source row, numbers masked; that it was opened goes on the log first."""
        place = {name: row[name] for name in ("delivery", "file", "sheet", "row")}
        with self.ledger.writing() as session:
            audit.append(session, viewer.name, "evidence.open", place["delivery"], place)
        return self.exploration.evidence.original(**place)

    def close(self) -> None:
        self.exploration.close()
        if self._ledger:
            self._ledger.close()


class SignInNeeded(Exception):
    """Nobody is signed in on this browser."""


def desk_of(request: Request) -> Desk:
    return request.app.state.desk


def signed_in(request: Request) -> Viewer:
    """Whoever is signed in. Raises SignInNeeded."""
    viewer = accounts.present(desk_of(request).ledger, request.cookies.get(COOKIE))
    if viewer is None:
        raise SignInNeeded
    request.state.viewer = viewer
    return viewer


def reader(viewer: Annotated[Viewer, Depends(signed_in)]) -> Viewer:
    """A viewer who may read leads and the graph. Raises NotAllowed."""
    accounts.require(viewer, "see_leads")
    return viewer


def data_reader(viewer: Annotated[Viewer, Depends(signed_in)]) -> Viewer:
    """A viewer who may see what was delivered. Raises NotAllowed."""
    if not accounts.may(viewer, "see_leads"):
        accounts.require(viewer, "load")
    return viewer


TheDesk = Annotated[Desk, Depends(desk_of)]
Anybody = Annotated[Viewer, Depends(signed_in)]
Reader = Annotated[Viewer, Depends(reader)]
DataReader = Annotated[Viewer, Depends(data_reader)]


def language_of(request: Request) -> str:
    """The account's language; before sign-in the browser's, Chinese unless it prefers English."""
    viewer = getattr(request.state, "viewer", None)
    if viewer:
        return viewer.language if viewer.language in LANGUAGES else "zh"
    preferred = request.headers.get("accept-language", "").lower()
    return "en" if preferred.startswith("en") else "zh"


def rail(viewer: Viewer) -> list[str]:
    """The pages the viewer's role can open."""
    pages = ["leads", "explore"] if accounts.may(viewer, "see_leads") else []
    if pages or accounts.may(viewer, "load"):
        pages += ["data", "queries"]
    if accounts.may(viewer, "see_leads"):
        pages.insert(3, "review")
    return pages


_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["table"] = lambda id, titles: titles[id]
_templates.filters["shown"] = display.shown
_templates.filters["linked"] = display.linked


def page(request: Request, template: str, here: str = "", block: str = "", status: int = 200, **fill: Any) -> Response:
    """A page in the viewer's language, or one `block` of it. `here`: the entry of the rail it belongs to."""
    language = language_of(request)
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    unit = viewer.money_unit if viewer else "元"
    fill |= {
        "here": here,
        "viewer": viewer,
        "county": desk_of(request).county.name,
        "rail": rail(viewer) if viewer else [],
        "language": language,
        "lang": "zh-CN" if language == "zh" else "en",
        "unit": unit,
        "path": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "say": lambda key, **blanks: say(language, key, **blanks),
        "file_fault": lambda why: file_fault(language, why),
        "some": lambda prefix: some(language, prefix),
        "money": lambda amount: display.money(amount, unit, language),
        "span": display.span,
        "moment": display.moment,
        "age": lambda found: display.age(found, display.today(), language),
        "pick": lambda zh, en: zh if language == "zh" else en,
        "role_name": lambda code: getattr(accounts.ROLES[code], language),
        "may": accounts.may,
    }
    text = (
        render_block(_templates, template, block, **fill) if block else _templates.get_template(template).render(**fill)
    )
    return Response(text, status, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


def refusal(request: Request, refused: NotAllowed) -> str:
    """The sentence of a refused step in the viewer's language."""
    return refused.zh if language_of(request) == "zh" else refused.en
