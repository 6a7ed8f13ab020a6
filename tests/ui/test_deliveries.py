"""Handing in on the web: the form, how far the loading is, the receipt, and taking a delivery back."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from homes import Small

from backend import audit, deliveries
from backend.ledger import Ledger

User = Callable[..., TestClient]

DIVISIONS = """村编码,村,乡镇编码,乡镇,县
431226101203,黄家团村,431226101,锦和镇,麻阳县
431226102201,大坪村,431226102,石羊镇,麻阳县
"""
TIPS = """举报编号,日期,被反映人,被反映人村编码,涉及项目,内容,办理状态,督办
T1,2019-03-02,张某,431226101203,低保,反映,已办,是
T2,去年,李某,431226102201,低保,反映,已办,否
"""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that pages began, to be waited for."""
    processes: list[subprocess.Popen[bytes]] = []
    begin = deliveries.begin

    def noted(home: Path, work: deliveries.Work) -> subprocess.Popen[bytes] | None:
        process = begin(home, work)
        if process:
            processes.append(process)
        return process

    monkeypatch.setattr(deliveries, "begin", noted)
    return processes


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun: what is handed in waits."""
    monkeypatch.setattr(deliveries, "begin", lambda home, work: None)


def files(**contents: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("files", (name.replace("__", "/") + ".csv", text.encode(), "text/csv")) for name, text in contents.items()]


class TestWithTheEngine:
    @pytest.fixture
    def home(self, small: Small) -> Path:
        return small.home

    def test_from_the_form_to_the_receipt_and_back(
        self, as_user: User, ledger: Ledger, begun: list[subprocess.Popen[bytes]]
    ) -> None:
        clerk = as_user("clerk")
        page = clerk.post(
            "/deliveries/new", files=files(锦和镇__行政区划=DIVISIONS, 举报=TIPS), data={"note": "十月报送"}
        )
        assert page.status_code == 200 and page.url.path.startswith("/deliveries/work/")
        assert begun.pop().wait(120) == 0
        done = clerk.get(f"{page.url.path}/progress").text
        assert "<html" not in done and "hx-get" not in done
        assert "读取 4 = 入库 3 + 未变 0 + 更正 0 + 重复 0 + 待修 1" in done and "看回执" in done

        (listed,) = clerk.get("/deliveries.json").json()
        id = listed["delivery"]
        assert listed["note"] == "十月报送" and f"/deliveries/{id}" in clerk.get("/deliveries").text
        receipt = clerk.get(f"/deliveries/{id}.json").json()
        assert {"delivery", "files", "seconds"} <= receipt.keys()
        for entry in receipt["files"]:
            parts = ("loaded", "unchanged", "corrected", "duplicate", "quarantined")
            assert entry["read"] == sum(entry[part] for part in parts)
        shown = clerk.get(f"/deliveries/{id}").text
        for words in (
            "锦和镇/行政区划.csv",
            "群众举报",
            "督办",
            "未交付",
            "石羊镇",
            "2019",
            "图中的变化",
            "村",
            "十月报送",
        ):
            assert words in shown, words

        again = clerk.post("/deliveries/new", files=files(另名=DIVISIONS))
        assert begun.pop().wait(120) == 0
        assert f"以前交付过（{id}）" in clerk.get(again.url.path).text
        assert len(clerk.get("/deliveries.json").json()) == 1

        assert "未交付，需要它的查询不会运行" in clerk.get("/data").text
        covered = {(each["table"], each["town"], each["year"]): each["rows"] for each in clerk.get("/data.json").json()}
        assert covered["tips", "431226101", 2019] == 1

        for stranger in ("zhang", "wang"):
            client = as_user(stranger)
            assert client.get(f"/deliveries/{id}").status_code == 200
            assert "撤回这次交付" not in client.get(f"/deliveries/{id}").text
            assert client.post(f"/deliveries/{id}/withdraw", data={"why": "x"}).status_code == 403

        look = clerk.get(f"/deliveries/{id}/withdraw").text
        assert "不再有效的行" in look and "行政区划" in look
        unexplained = clerk.post(f"/deliveries/{id}/withdraw", data={"why": " "})
        assert unexplained.status_code == 422 and "请写明撤回的理由" in unexplained.text
        clerk.post(f"/deliveries/{id}/withdraw", data={"why": "报错了表"})
        assert begun.pop().wait(120) == 0
        gone = clerk.get(f"/deliveries/{id}").text
        assert "已撤回" in gone and "报错了表" in gone and "撤回这次交付" not in gone
        with ledger.reading() as session:
            told = [(line.who, line.action) for line in audit.lines(session)]
        actions = ("delivery.upload", "delivery.load", "delivery.withdraw.asked", "delivery.withdraw")
        assert all(("clerk", action) in told for action in actions), told


def test_an_empty_county_says_what_to_do_first(as_user: User, ledger: Ledger) -> None:
    page = as_user("clerk").get("/deliveries").text
    assert (
        "还没有交付任何数据表" in page and "先交这几张：行政区划、户籍人口" in page and 'href="/deliveries/new"' in page
    )
    reader = as_user("zhang").get("/deliveries").text
    assert "请数据员登录后上传" in reader and 'href="/deliveries/new"' not in reader


def test_only_those_who_hand_in_reach_the_form(as_user: User, ledger: Ledger) -> None:
    zhang = as_user("zhang")
    assert zhang.get("/deliveries/new").status_code == 403
    assert zhang.post("/deliveries/new", files=files(a=DIVISIONS)).status_code == 403
    clerk = as_user("clerk")
    clerk.headers.pop("origin")
    assert clerk.post("/deliveries/new", files=files(a=DIVISIONS)).status_code == 403


def test_what_cannot_be_taken_is_one_sentence_and_leaves_nothing(
    as_user: User, ledger: Ledger, home: Path, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = as_user("clerk")
    empty = clerk.post("/deliveries/new", files=[("files", ("", b"", "application/octet-stream"))], data={"note": "x"})
    assert empty.status_code == 422 and "请先选择文件" in empty.text
    torn = clerk.post(
        "/deliveries/new",
        content=b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nhalf',
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert torn.status_code == 400 and "没有收下任何文件" in torn.text
    plain = clerk.post("/deliveries/new", data={"note": "x"})
    assert plain.status_code == 400
    monkeypatch.setattr(deliveries, "MOST_BYTES", 1000)
    for content in (DIVISIONS * 20, DIVISIONS * 7):
        much = clerk.post("/deliveries/new", files=files(a=content))
        assert much.status_code == 413 and "请分几次上传" in much.text
    assert list((home / "work").iterdir()) == []


def test_file_names_are_no_paths(as_user: User, ledger: Ledger, home: Path, at_rest: None) -> None:
    page = as_user("clerk").post("/deliveries/new", files=[("files", ("../../../outside.csv", b"x", "text/csv"))])
    id = page.url.path.rsplit("/", 1)[-1]
    kept = {path.relative_to(home / "work" / id / "files").as_posix() for path in (home / "work").rglob("*.csv")}
    assert kept == {"outside.csv"}


def test_what_waits_is_shown_with_a_button_and_only_to_its_sender(
    as_user: User, ledger: Ledger, home: Path, at_rest: None
) -> None:
    clerk = as_user("clerk")
    page = clerk.post("/deliveries/new", files=files(a=DIVISIONS), data={"full_list": "on", "note": "全量"})
    assert "文件已收到，还没有开始" in page.text and "继续" in page.text and "全量名单" in page.text
    assert page.url.path in clerk.get("/deliveries").text
    assert json.loads(next((home / "work").glob("*/work.json")).read_text())["full_list"] is True
    assert as_user("li").get(page.url.path).status_code == 200
    assert as_user("li").post(f"{page.url.path}/begin").status_code == 403
    dropped = clerk.post(f"{page.url.path}/discard")
    assert dropped.url.path == "/deliveries" and page.url.path not in dropped.text
    assert clerk.get(page.url.path).status_code == 404


def test_a_running_load_is_asked_after_and_a_failed_one_says_why(
    as_user: User, ledger: Ledger, home: Path, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = as_user("clerk")
    page = clerk.post("/deliveries/new", files=files(甲=DIVISIONS, 乙=TIPS))
    id = page.url.path.rsplit("/", 1)[-1]
    monkeypatch.setattr(deliveries, "_lives", lambda folder: True)
    deliveries.note_progress(home, id, {"stage": "read", "what": "甲.csv", "files": {"甲.csv": 1200}, "written": 0})
    running = clerk.get(f"{page.url.path}/progress").text
    assert 'hx-trigger="every 1s"' in running and "正在读取" in running and "1,200 行" in running
    assert 'value="1"' in running and 'max="2"' in running
    deliveries.note_progress(home, id, {"stage": "waiting", "what": "", "files": {}, "written": 0})
    assert "另一次入库正在进行" in clerk.get(f"{page.url.path}/progress").text
    monkeypatch.undo()
    deliveries.note_outcome(home, id, {"state": "failed", "error": "The disk is full: free some space."})
    failed = clerk.get(page.url.path).text
    assert "没有完成：The disk is full" in failed and "再试一次" in failed and "hx-get" not in failed
    assert "The disk is full" in clerk.get("/deliveries").text


def test_nobody_elses_delivery_and_no_odd_number_opens(as_user: User, ledger: Ledger) -> None:
    clerk = as_user("clerk")
    for address in ("d0001-aaaaaaaa", "..", "work/x", "work/20200101000000-aaaaaaaa", "%2e%2e%2fsecret.key"):
        assert clerk.get(f"/deliveries/{address}").status_code in (404, 200) and "html" in clerk.get("/deliveries").text
    assert clerk.get("/deliveries/d0001-aaaaaaaa").status_code == 404
    assert clerk.get("/deliveries/work/20200101000000-aaaaaaaa").status_code == 404
