"""The web workbench: `create_app(home)`."""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware

from backend import GuanxiError
from backend.accounts import NotAllowed
from backend.exploration import EngineLost, Exploration, TooMuch
from backend.ledger import LedgerLost
from ui import (
    asked,
    basis,
    console,
    data,
    deliveries,
    explore,
    layouts,
    leads,
    quarantine,
    queries,
    review,
    signin,
    testimony,
)
from ui.desk import FOLDER, Desk, SignInNeeded, language_of, page, refusal, signed_in
from ui.words import say

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
YEAR = 31_536_000

log = logging.getLogger("guanxi.web")


def create_app(home: Path) -> FastAPI:
    """The workbench on a home. Engine and ledger are opened at the first question, so the page is up at once."""
    desk = Desk(home, Exploration(home))

    @asynccontextmanager
    async def open_for_business(app: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(title="Guanxi", lifespan=open_for_business, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for room in (
        signin,
        leads,
        explore,
        data,
        deliveries,
        layouts,
        quarantine,
        review,
        queries,
        console,
        testimony,
        asked,
        basis,
    ):
        app.include_router(room.router)
    app.add_middleware(BaseHTTPMiddleware, dispatch=_guarded)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuses writes that another site's page sends, and puts the security headers on every answer."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and not _from_here(request):
        response: Response = _error(request, 403, "error.403", say(language_of(request), "error.origin"))
    else:
        try:
            response = await call_next(request)
        except Exception:
            number = secrets.token_hex(4)
            log.exception("error %s", number)
            try:
                response = _error(request, 500, "error.500", number=number)
            except Exception:  # the page about the fault is at fault itself
                log.exception("error %s, page", number)
                response = PlainTextResponse(f"{say('zh', 'error.500')} / {say('en', 'error.500')}: {number}", 500)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return response


def _from_here(request: Request) -> bool:
    """Whether the page that sent the request is one of ours. Browsers name it with every POST."""
    sender = request.headers.get("origin") or request.headers.get("referer") or ""
    return bool(sender) and urlsplit(sender).netloc == request.headers.get("host")


def _wants_json(request: Request) -> bool:
    return request.url.path.endswith(".json") or request.headers.get("content-type", "").startswith("application/json")


def _error(request: Request, status: int, key: str, sentence: str = "", number: str = "") -> Response:
    """A full page, a fragment for htmx, or JSON: what happened and what to do next."""
    if not hasattr(request.state, "viewer"):
        with suppress(LedgerLost, SignInNeeded):
            signed_in(request)
    language = language_of(request)
    if _wants_json(request):
        told = sentence or f"{say(language, key)}. {say(language, f'{key}.next')}"
        return JSONResponse({"error": told, "number": number}, status)
    fragment = "panel" if request.headers.get("hx-request") else ""
    return page(request, "error.html", block=fragment, status=status, key=key, sentence=sentence, number=number)


async def _to_signin(request: Request, _: Exception) -> Response:
    if _wants_json(request):
        return JSONResponse({"error": say(language_of(request), "signin.idle")}, 401)
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/signin?next={quote(where)}" if request.method == "GET" and where != "/" else "/signin"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": "/signin"})
    return RedirectResponse(target, 303)


async def _refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, NotAllowed)
    if refused.code == "no_such_lead":
        return _error(request, 404, "error.404", refusal(request, refused))
    return _error(request, 403, "error.403", refusal(request, refused))


async def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return _error(request, problem.status_code, "error.404")


async def _misread(request: Request, problem: Exception) -> Response:
    return _error(request, 422, "error.404")


async def _said(request: Request, problem: Exception) -> Response:
    return _error(request, 404, "error.404", str(problem))


async def _engine_lost(request: Request, lost: Exception) -> Response:
    log.warning("engine lost: %s", lost)
    return _error(request, 503, "error.engine")


async def _ledger_lost(request: Request, lost: Exception) -> Response:
    log.error("ledger lost: %s", lost)
    return _error(request, 503, "error.ledger")


async def _too_much(request: Request, slow: Exception) -> Response:
    return _error(request, 504, "error.too_much")


_ANSWERS = {
    SignInNeeded: _to_signin,
    NotAllowed: _refused,
    GuanxiError: _said,
    HTTPException: _http,
    RequestValidationError: _misread,
    EngineLost: _engine_lost,
    LedgerLost: _ledger_lost,
    TooMuch: _too_much,
}
