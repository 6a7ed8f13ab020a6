"""`guanxi web`: serves the workbench."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of
from ui.app import create_app

PORTS_TRIED = 50
BACKLOG = 128
"""Visitors that may wait while the server comes up."""


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("web")(web)


def web(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback, put a TLS proxy in front.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; taken, the next free one is used.")] = 8000,
) -> None:
    """Serve the web workbench until Ctrl+C."""
    serve(home_of(), host, port, lambda url: typer.echo(f"ready {url}"))


def serve(home: Path, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serves the workbench of a home until Ctrl+C; `ready` is told its address once it takes visitors."""
    listener = _listen(host, port)
    listener.listen(BACKLOG)
    config = uvicorn.Config(create_app(home), log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    ready(f"http://{host}:{listener.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port or the next free one. Raises GuanxiError when there is none or the address is not ours."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            return listener
        except PermissionError:
            listener.close()
        except OSError as error:
            listener.close()
            if error.errno not in (98, 48):  # address in use, on Linux and macOS
                raise GuanxiError(
                    f"Cannot listen on {host}: {error.strerror}. Choose an address of this machine."
                ) from error
    raise GuanxiError(f"No free port from {port} to {port + PORTS_TRIED - 1} on {host}: give another with --port.")
