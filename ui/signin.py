"""Signing in and out, the first page after it, and the preferences kept on the account."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from backend import accounts
from ui.desk import COOKIE, Anybody, TheDesk, page, rail, refusal

router = APIRouter()


@router.get("/")
def home(request: Request, viewer: Anybody) -> Response:
    pages = rail(viewer)
    return RedirectResponse(f"/{pages[0]}", 303) if pages else page(request, "nothing.html")


@router.get("/signin")
def signin(request: Request, next: str = "") -> Response:
    return page(request, "signin.html", next=_within(next), name="", problem="")


@router.post("/signin")
def sign_in(
    request: Request,
    desk: TheDesk,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    address = request.client.host if request.client else ""
    with desk.ledger.writing() as session:
        result = accounts.sign_in(session, name, password, address, request.cookies.get(COOKIE))
    if result.refusal or not result.token:
        assert result.refusal
        problem = refusal(request, result.refusal)
        status = 429 if result.refusal.code == "too_many_tries" else 401
        return page(request, "signin.html", status=status, next=_within(next), name=name, problem=problem)
    response = RedirectResponse(_within(next) or "/", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, result.token, httponly=True, samesite="lax", secure=secure, path="/")
    return response


@router.post("/signout")
def sign_out(request: Request, desk: TheDesk) -> Response:
    if token := request.cookies.get(COOKIE):
        with desk.ledger.writing() as session:
            accounts.sign_out(session, token)
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


@router.post("/preferences")
def preferences(
    desk: TheDesk,
    viewer: Anybody,
    language: Annotated[str | None, Form()] = None,
    unit: Annotated[str | None, Form()] = None,
    next: Annotated[str, Form()] = "",
) -> Response:
    with desk.ledger.writing() as session:
        accounts.set_preferences(session, viewer, language=language, money_unit=unit)
    return RedirectResponse(_within(next) or "/", 303)


def _within(target: str) -> str:
    """The address if it is one of this workbench, else nothing: a link must not lead a fresh sign-in elsewhere."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else ""
