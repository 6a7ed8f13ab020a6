"""What `guanxi query check` says of a query in the making, with line and mend; and the files of a new one."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from homes import County, Small
from typer.testing import CliRunner

from backend import accounts, authoring, saved_queries
from backend.ledger import open_ledger
from backend.packs import FOLDER, load_packs
from backend.saved_queries import Typed
from graph_loader.errors import GuanxiError
from guanxi import query_cli

Check = Callable[[str], list[str]]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with one pack and one sound query."""
    (tmp_path / "eligibility").mkdir()
    for name in ("shared.toml", "cases.toml", "eligibility/pack.toml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    authoring.start(load_packs(tmp_path).packs[0], "paid", folder=tmp_path)
    return tmp_path


@pytest.fixture
def check(small_engine: Small, packs: Path) -> Check:
    def of(text: str) -> list[str]:
        (packs / "eligibility" / "paid.cypher").write_text(text, encoding="utf-8")
        with small_engine.driver.session() as session:
            return [str(fault) for fault in authoring.check(load_packs(packs), session, packs)]

    return of


def test_a_new_query_is_sound_but_for_its_gaps(check: Check) -> None:
    assert check(authoring.TEXT) == [
        "eligibility/paid.cypher: note: a change of Programme, Village makes a full run: no pattern ties it to person"
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("(payment:Payment)", "(payment:Paymant)", "eligibility/paid.cypher:2: there is no label `Paymant`"),
        ("[:TO]", "[:GIVEN_TO]", "eligibility/paid.cypher:2: there is no relationship type `GIVEN_TO`"),
        ("payment.date AS day", "payment.day AS day", "eligibility/paid.cypher:6: `payment` has no property `day`: use one of"),
        ("RETURN person,", "SET person.seen = true RETURN person,", "only reads"),
        ("payment.amount AS amount,", "payment.amount AS sum,", "which [columns] of paid.toml does not declare"),
        ("RETURN person", "RETRUN person", "the server refuses the text"),
        ("$as_of", "$today", "the text uses $today, which is no parameter"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_mend(check: Check, old: str, new: str, says: str) -> None:
    assert old in authoring.TEXT
    assert any(says in fault for fault in check(authoring.TEXT.replace(old, new)))


def test_too_few_cases_and_wrong_ones_are_named(check: Check, packs: Path) -> None:
    cases = packs / "eligibility" / "cases" / "paid"
    (cases / "hit_second.toml").unlink()
    (cases / "miss_first.toml").write_text("people = { }\nnothing = 1\n", encoding="utf-8")
    faults = check(authoring.TEXT)
    assert any("it has 1 hit_ cases: at least 2" in fault for fault in faults)
    assert any("miss_first.toml" in fault and "`nothing` is unknown" in fault for fault in faults)


def test_a_name_that_cannot_be_or_is_taken_is_refused(packs: Path) -> None:
    pack = load_packs(packs).packs[0]
    with pytest.raises(GuanxiError, match="cannot be a query's name"):
        authoring.start(pack, "Paid twice", folder=packs)
    with pytest.raises(GuanxiError, match="is there already"):
        authoring.start(pack, "paid", folder=packs)


def test_a_saved_query_of_the_console_is_a_start(packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text, name, description and parameters are in the new files; what is left to do, `check` says."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("GUANXI_HOME", str(home))
    ledger = open_ledger(home)
    with ledger.writing() as session:
        security = accounts.create(session, accounts.OWNER, "security", "security_admin", "mountain-stream-5")
        accounts.create(session, accounts.viewer_of(security), "chen", "analyst", "mountain-stream-4")
        chen = accounts.viewer_of(accounts.named(session, "chen"))
        text = "MATCH (person:Person) WHERE person.birthday < $born AND $as_of > $born RETURN person LIMIT $most"
        typed = {
            "born": Typed("date", "1950-01-01"),
            "as_of": Typed("date", "2020-01-01"),
            "most": Typed("integer", "5"),
        }
        saved = saved_queries.keep(session, chen, "年长的人", "谁在 1950 年以前出生？", text, typed, False).id
    ledger.close()
    arguments = ["new", "eligibility", "old_people", "--saved", str(saved), "--packs", str(packs)]
    assert CliRunner().invoke(query_cli.app, arguments).exit_code == 0
    (query,) = [one for one in load_packs(packs).queries if one.id == "old_people"]
    assert query.text == text and query.title["zh"] == "年长的人" and query.question["zh"] == "谁在 1950 年以前出生？"
    assert query.defaults == {"born": date(1950, 1, 1), "most": 5}
    arguments = ["new", "eligibility", "older", "--saved", "99", "--packs", str(packs)]
    assert "There is no saved query 99" in str(CliRunner().invoke(query_cli.app, arguments).exception)


def test_every_pack_query_is_sound_and_what_looks_at_too_much_is_named(county: County, packs: Path) -> None:
    """Judged on a whole county: the server plans a nearly empty graph otherwise."""
    text = authoring.TEXT.replace("MATCH (person:Person)", "MATCH (person:Person), (other:Person)", 1)
    (packs / "eligibility" / "paid.cypher").write_text(text, encoding="utf-8")
    with county.driver.session() as session:
        assert [str(fault) for fault in authoring.check(load_packs(), session) if not fault.note] == []
        faults = [str(fault) for fault in authoring.check(load_packs(packs), session, packs)]
    assert any("the plan on everything has CartesianProduct" in fault for fault in faults)
