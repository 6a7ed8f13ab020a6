"""`guanxi`: the command line. Everything it keeps lives under `GUANXI_HOME`."""

import signal
import sys

import typer

from graph_loader.errors import GuanxiError
from guanxi import (
    detection_cli,
    engine_cli,
    evidence_cli,
    ledger_cli,
    mapping_cli,
    review_cli,
    sample_cli,
    testimony_cli,
    web_cli,
)

app = typer.Typer(
    help="Guanxi (关系): shows the relationships behind livelihood money.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
evidence_cli.mount(app)
testimony_cli.mount(app)
detection_cli.mount(app)
ledger_cli.mount(app)
app.command("map")(mapping_cli.map_columns)
app.command("sample")(sample_cli.sample)
app.command("web")(web_cli.web)
app.add_typer(engine_cli.app, name="engine")
app.add_typer(review_cli.app, name="review")


def main() -> None:
    """Runs a command; what a person can act on is one sentence on stderr and exit status 2."""
    # Ended by a supervisor process, a command still leaves the engine in order, as by Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except GuanxiError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
