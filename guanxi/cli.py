"""`guanxi`: the command line. Everything it keeps lives under `GUANXI_HOME`."""

import signal
import sys
from importlib import import_module

import typer

from graph_loader.errors import GuanxiError

COMMANDS = {
    "evidence_cli": ("load", "withdraw", "deliveries", "rebuild", "graph"),
    "quarantine_cli": ("quarantine", "template"),
    "testimony_cli": ("says", "conflicts"),
    "detection_cli": ("detect",),
    "subject_cli": ("person",),
    "replay_cli": ("replay",),
    "precheck_cli": ("precheck",),
    "query_cli": ("query",),
    "ledger_cli": ("leads", "user", "audit"),
    "mapping_cli": ("map",),
    "sample_cli": ("sample",),
    "web_cli": ("web",),
    "engine_cli": ("engine",),
    "review_cli": ("review",),
}
"""Module → its commands, in the order of `guanxi --help`. A command waits for its own module only: all of them take seconds."""


def application(command: str = "") -> typer.Typer:
    """The command line with the module of one command; with all where that is none of them."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    # Without a callback typer takes a single command for the whole program.
    app.callback(help="Guanxi (关系): shows the relationships behind livelihood money.")(lambda: None)
    if command == "load":
        # The process that will read the files gets ready while this one is still importing what comes after.
        import_module("graph_loader.reader").make_ready(1)
    for module in [one for one, commands in COMMANDS.items() if command in commands] or COMMANDS:
        import_module(f"guanxi.{module}").mount(app)
    return app


def main() -> None:
    """Runs a command; what a person can act on is one sentence on stderr and exit status 2."""
    # Ended by a supervisor process, a command still leaves the engine in order, as by Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        application(*sys.argv[1:2])()
    except GuanxiError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
