"""What of the whole county was delivered, and what could not be read."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from backend import accounts, mending
from backend.coverage import covered, tables_of, town_names
from ui.coverage import matrix
from ui.desk import DataReader, TheDesk, language_of, page
from ui.words import say

router = APIRouter()


@router.get("/data")
def data(request: Request, desk: TheDesk, viewer: DataReader) -> Response:
    evidence = desk.exploration.evidence
    return page(
        request,
        "data.html",
        here="data",
        anything=bool(evidence.in_force()),
        cover=matrix(
            covered(evidence),
            tables_of(evidence),
            town_names(evidence),
            say(language_of(request), "coverage.nowhere"),
            _only(viewer),
        ),
        quarantined=len(mending.records(evidence, viewer)),
    )


@router.get("/data.json")
def data_json(desk: TheDesk, viewer: DataReader) -> Response:
    """Rows in force by table, town and year."""
    only = _only(viewer)
    return JSONResponse([vars(each) for each in covered(desk.exploration.evidence) if not only or each.town in only])


def _only(viewer: accounts.Viewer) -> frozenset[str]:
    """The towns whose rows are counted for the viewer; none: all. Whoever reads leads has to know what was delivered anywhere."""
    return frozenset() if accounts.may(viewer, "see_leads") else viewer.towns
