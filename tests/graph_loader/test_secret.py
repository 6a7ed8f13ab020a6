"""The key of the hashes, the home, and passwords from files."""

from pathlib import Path

import pytest

from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of, password_of, secret_of


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUANXI_SECRET", raising=False)
    first = secret_of(tmp_path).ref("person", "431226197001010038")
    assert secret_of(tmp_path).ref("person", "431226197001010038") == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert secret_of(tmp_path).ref("account", "431226197001010038") != first


def test_the_same_key_elsewhere_gives_the_same_refs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(tmp_path / "key"))
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef\n")
    one, other = tmp_path / "one", tmp_path / "other"
    assert secret_of(one).ref("person", "x") == secret_of(other).ref("person", "x")


def test_a_short_key_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(tmp_path / "key"))
    (tmp_path / "key").write_text("short")
    with pytest.raises(GuanxiError, match="fewer than 16 characters"):
        secret_of(tmp_path)


def test_a_password_comes_from_the_variable_or_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUANXI_TEST_PASSWORD", raising=False)
    (tmp_path / "password").write_text("from the file\n")
    monkeypatch.setenv("GUANXI_TEST_PASSWORD_FILE", str(tmp_path / "password"))
    assert password_of("GUANXI_TEST_PASSWORD") == "from the file"
    monkeypatch.setenv("GUANXI_TEST_PASSWORD", "from the variable")
    assert password_of("GUANXI_TEST_PASSWORD") == "from the variable"
    monkeypatch.delenv("GUANXI_TEST_PASSWORD")
    monkeypatch.setenv("GUANXI_TEST_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(GuanxiError, match="cannot be read"):
        password_of("GUANXI_TEST_PASSWORD")


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(GuanxiError, match="set GUANXI_HOME"):
        home_of()
