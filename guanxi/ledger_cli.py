"""The commands about the ledger: `leads`, `user …`, `audit …`."""

import getpass
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from backend import accounts, audit, exports
from backend.accounts import OWNER, Viewer
from backend.leads import unexplained
from backend.ledger import Ledger, open_ledger
from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of, secret_of
from guanxi.output import put_out

user = typer.Typer(help="Accounts: who may sign in, as what, for which towns.", no_args_is_help=True)
log = typer.Typer(help="The tamper-evident log.", no_args_is_help=True)

By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="The security administrator who does it; asks for the password.")
]
Name = Annotated[str, typer.Argument(metavar="NAME")]


def mount(app: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    app.command("leads")(leads)
    app.add_typer(user, name="user")
    app.add_typer(log, name="audit")


def leads(
    form: Annotated[str, typer.Option("--format", metavar="jsonl|csv|xlsx")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output when left out.")] = None,
) -> None:
    """The leads, most urgent level first, then by amount."""
    with open_ledger(home_of()).writing() as session:
        content = exports.leads_file(session, OWNER, None, form)
    put_out(content, out)


@user.command("add")
def add_user(
    name: Name,
    role: Annotated[str, typer.Option(metavar="|".join(accounts.ROLES))],
    display_name: Annotated[str, typer.Option(help="What pages call the holder.")] = "",
    town: Annotated[
        list[str] | None, typer.Option(help="Code of a town the account is limited to; may be repeated.")
    ] = None,
    by: By = "",
) -> None:
    """Creates an account and prints its password once. The first one must be a security_admin and needs no --by."""
    password = secrets.token_urlsafe(12)
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.create(session, viewer, name, role, password, display_name, frozenset(town or []))
    print(f"{name} {role} {password}")


@user.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """All accounts: name, role, towns, whether shut."""
    with open_ledger(home_of()).reading() as session:
        everybody = accounts.everybody(session)
    if as_json:
        told = [{"name": a.name, "role": a.role, "towns": a.towns, "disabled": a.disabled} for a in everybody]
        print(json.dumps(told, ensure_ascii=False))
        return
    for account in everybody:
        print(account.name, account.role, ",".join(account.towns) or "county", "disabled" if account.disabled else "")


@user.command("password")
def renew_password(name: Name, by: By = "") -> None:
    """Gives an account a new password, prints it once, and ends its sign-ins. Without --by: only a security_admin's."""
    password = secrets.token_urlsafe(12)
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.set_password(session, viewer, name, password)
    print(password)


@user.command("disable")
def disable_user(name: Name, by: By, enable: Annotated[bool, typer.Option(help="Open it again.")] = False) -> None:
    """Shuts an account; its record stays."""
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.disable(session, viewer, name, disabled=not enable)


@user.command("role")
def change_role(name: Name, role: Annotated[str, typer.Argument(metavar="|".join(accounts.ROLES))], by: By) -> None:
    """Gives an account another role."""
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.set_role(session, viewer, name, role)


@user.command("territory")
def change_territory(
    name: Name, by: By, town: Annotated[list[str] | None, typer.Argument(metavar="[TOWN]…")] = None
) -> None:
    """Limits an account to the leads of some towns (9-digit codes); no town: the whole county."""
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.set_towns(session, viewer, name, frozenset(town or []))


@user.command("tie")
def tie_user(name: Name, by: By) -> None:
    """Ties an account to its holder's ID number (asked for; only a keyed hash is kept), so that nobody works their own case."""
    number = _asked(f"ID number of the holder of {name}")
    try:
        number = ric.validate(number).upper()
    except ValidationError as error:
        raise GuanxiError("This is no ID number of 18 characters with a right check character: look again.") from error
    with _acting(by) as (ledger, viewer), ledger.writing() as session:
        accounts.tie(session, viewer, name, secret_of(home_of()).ref("person", number))


@log.command("verify")
def verify_log(
    against: Annotated[
        str, typer.Option(metavar="LINE", help="A checkpoint kept earlier, or the file that holds it.")
    ] = "",
) -> None:
    """Checks the log, and the leads against it. Exit status 1 when something is wrong."""
    line = Path(against).read_text() if against and Path(against).is_file() else against
    with open_ledger(home_of()).reading() as session:
        problems = audit.verify_against(session, line) if line else audit.verify(session)
        problems += unexplained(session)
        entries = audit.size(session)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print(f"The log of {entries} entries and the leads are as they were written.")


@log.command("checkpoint")
def print_checkpoint() -> None:
    """Prints one line that fixes the log up to now. Keep it where nobody who can write the ledger can reach it."""
    with open_ledger(home_of()).reading() as session:
        print(audit.checkpoint(session))


@contextmanager
def _acting(by: str) -> Iterator[tuple[Ledger, Viewer]]:
    """The ledger and who acts: whoever signs in as `by`, or the machine's owner."""
    ledger = open_ledger(home_of())
    if not by:
        yield ledger, OWNER
        return
    password = _asked(f"Password of {by}")
    with ledger.writing() as session:
        signed_in = accounts.sign_in(session, by, password, "console")
    if signed_in.refusal:
        raise signed_in.refusal
    assert signed_in.token
    with ledger.reading() as session:
        viewer = accounts.viewer_of(accounts.named(session, by))
    try:
        yield ledger, viewer
    finally:
        with ledger.writing() as session:
            accounts.sign_out(session, signed_in.token)


def _asked(question: str) -> str:
    """A secret typed at the terminal, or the next line of standard input when that is no terminal."""
    return (getpass.getpass(f"{question}: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
