"""Loading: nothing twice, nothing lost, the same graph whatever the order."""

import random
import shutil
from pathlib import Path

import neo4j
import pytest
from homes import County, Small

from graph_loader import loading, ontology
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.sources import departmental, load_sources

PERSON = {"公民身份号码": "431226197001010030", "姓名": "张三", "户号": "H1", "与户主关系": "户主"}


def hash_of(small: Small) -> str:
    return graph_hash(small.driver, ontology.load())


def payment(number: int, amount: str = "100", **more: str) -> dict[str, str]:
    return {
        "发放流水号": f"LS{number}",
        "项目编码": "B1",
        "姓名": "张三",
        "身份证号": PERSON["公民身份号码"],
        "账号": "6222020000000000001",
        "金额": amount,
        "发放日期": "2020-01-15",
        **more,
    }


def amounts(driver: neo4j.Driver) -> dict[str, float]:
    with driver.session() as session:
        return {r["key"]: r["amount"] for r in session.run("MATCH (p:Payment) RETURN p.key AS key, p.amount AS amount")}


def test_the_equation_holds_for_every_file_of_the_sample_county(county: County) -> None:
    for entry in county.receipt.delivery.entries:
        parts = entry.loaded + entry.unchanged + entry.corrected + entry.duplicate + entry.quarantined
        assert entry.read == parts > 0, entry.file
        assert entry.quarantined == 0, entry.file
    tables = {entry.table for entry in county.receipt.delivery.entries}
    purchases = {id for id in tables if load_sources()[id].ocds}
    assert tables - purchases == set(departmental())
    assert purchases >= {"ocds_processes", "ocds_lots", "ocds_bids", "ocds_bidders", "ocds_awards", "ocds_suppliers"}


def test_the_same_drop_again_writes_nothing(county: County) -> None:
    before = graph_hash(county.driver, ontology.load())
    again = loading.load(county.home, county.driver, county.drop)
    assert (again.new, again.delivery.id, again.written.total) == (False, county.receipt.delivery.id, 0)
    assert again.delivery.total("loaded") == again.delivery.total("corrected") == 0
    assert again.delivery.total("unchanged") == again.delivery.total("read") == county.receipt.delivery.total("read")
    assert graph_hash(county.driver, ontology.load()) == before


def test_rows_sent_again_in_another_file_are_unchanged(small: Small) -> None:
    small.load_tables({"补贴发放": [payment(1), payment(2)]})
    before = hash_of(small)
    receipt = small.add_tables({"补贴发放": [payment(2), payment(1)]}, "again")
    (entry,) = receipt.delivery.entries
    assert (entry.read, entry.unchanged, entry.loaded) == (2, 2, 0)
    assert receipt.written.total == 0
    assert hash_of(small) == before


def test_a_correction_replaces_and_keeps_the_old_values_on_record(small: Small) -> None:
    first = small.load_tables({"补贴发放": [payment(1), payment(2)]})
    receipt = small.add_tables({"补贴发放": [payment(1, "250.5"), payment(3)]}, "correction")
    (entry,) = receipt.delivery.entries
    assert (entry.corrected, entry.loaded) == (1, 1)
    assert amounts(small.driver) == {"LS1": 250.5, "LS2": 100.0, "LS3": 100.0}
    rows = Evidence(small.home).original(first.delivery.id, "补贴发放.csv", "", 2)
    assert any("100" in row["cells"] for row in rows if row["here"])


def test_the_same_bytes_after_a_correction_change_nothing(small: Small) -> None:
    small.load_tables({"补贴发放": [payment(1)]})
    small.add_tables({"补贴发放": [payment(1, "250")]}, "correction")
    again = loading.load(small.home, small.driver, small.home / "drop")
    assert (again.new, again.written.total) == (False, 0)
    assert amounts(small.driver) == {"LS1": 250.0}


def test_a_withdrawn_delivery_leaves_what_the_others_said(small: Small) -> None:
    small.load_tables({"补贴发放": [payment(1), payment(2)]})
    only_first = hash_of(small)
    second = small.add_tables({"补贴发放": [payment(1, "999"), payment(3)], "户籍人口": [PERSON]}, "second")
    assert hash_of(small) != only_first
    loading.withdraw(small.home, small.driver, second.delivery.id, by="clerk")
    assert hash_of(small) == only_first
    with pytest.raises(GuanxiError, match="no delivery"):
        loading.withdraw(small.home, small.driver, "d0099-00000000", by="clerk")


def test_one_key_with_two_values_in_one_delivery_is_quarantined_whole(small: Small) -> None:
    receipt = small.load_tables({"补贴发放": [payment(1), payment(1, "999"), payment(2), payment(2)]})
    (entry,) = receipt.delivery.entries
    assert (entry.read, entry.quarantined, entry.loaded, entry.duplicate) == (4, 2, 1, 1)
    assert amounts(small.driver) == {"LS2": 100.0}
    assert {row["row"] for row in Evidence(small.home).quarantine()} == {2, 3}
    assert all("主键重复" in row["reason"] for row in Evidence(small.home).quarantine())


def places(row: dict[str, object]) -> dict[str, str]:
    """The columns by which a mended row names the quarantined one."""
    names = {"来源交付": "delivery", "来源文件": "file", "来源工作表": "sheet", "来源行": "row"}
    return {written: str(row[name]) for written, name in names.items()}


def test_a_mended_row_leaves_quarantine_and_comes_back_when_it_is_withdrawn(small: Small) -> None:
    first = small.load_tables({"补贴发放": [payment(1), payment(2, "许多"), payment(3, 发放日期="昨天")]})
    evidence = Evidence(small.home)
    wrong = evidence.quarantine()
    assert [row["row"] for row in wrong] == [3, 4]
    mended = [payment(2, "20", **places(wrong[0])), payment(3, 发放日期="前天", **places(wrong[1]))]
    receipt = small.add_tables({"补贴发放": mended}, "mended")
    (entry,) = receipt.delivery.entries
    assert (entry.loaded, entry.quarantined, entry.unknown_columns) == (1, 1, ())
    assert amounts(small.driver) == {"LS1": 100.0, "LS2": 20.0}
    (left,) = evidence.quarantine()
    assert (left["delivery"], left["row"], left["value"]) == (first.delivery.id, 4, "前天")

    last = small.add_tables({"补贴发放": [payment(3, **places(left))]}, "mended again")
    assert evidence.quarantine() == []
    assert amounts(small.driver).keys() == {"LS1", "LS2", "LS3"}
    loading.withdraw(small.home, small.driver, last.delivery.id, by="clerk")
    assert evidence.quarantine() == [left]
    loading.withdraw(small.home, small.driver, receipt.delivery.id, by="clerk")
    assert evidence.quarantine() == wrong


def test_the_sample_county_in_another_order_and_built_again_gives_the_same_graph(
    small: Small, county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(county.home / "secret.key"))
    files = sorted(county.drop.iterdir())
    random.Random(7).shuffle(files)
    parts = [tmp_path / "first", tmp_path / "second"]
    for number, file in enumerate(files):
        part = parts[number % 2]
        part.mkdir(exist_ok=True)
        shutil.copy(file, part / f"{number:02d}_{file.name}")
    for part in parts:
        loading.load(small.home, small.driver, part)
    wanted = graph_hash(county.driver, ontology.load())
    assert hash_of(small) == wanted
    loading.rebuild(small.home, small.driver)
    assert hash_of(small) == wanted


def test_a_rebuilt_graph_is_the_same(small: Small) -> None:
    small.load_tables({"补贴发放": [payment(1), payment(2)], "户籍人口": [PERSON]})
    small.add_tables({"补贴发放": [payment(2, "7")]}, "correction")
    before = hash_of(small)
    written = loading.rebuild(small.home, small.driver)
    assert written.created > 0
    assert hash_of(small) == before


def test_a_load_interrupted_while_writing_is_finished_by_the_next_command(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.load_tables({"补贴发放": [payment(1)]})

    def stop(stage: str, what: str, rows: int) -> None:
        if what == "TO":
            raise KeyboardInterrupt

    drop = small.home / "half"
    with monkeypatch.context() as patch:
        patch.setattr(loading, "bring_up_to_date", lambda *_: loading.writer.Written())
        small.add_tables({"补贴发放": [payment(n) for n in range(2, 9)], "户籍人口": [PERSON]}, drop.name)
    with pytest.raises(KeyboardInterrupt):
        loading.bring_up_to_date(small.home, small.driver, stop)
    loading.bring_up_to_date(small.home, small.driver)
    assert len(amounts(small.driver)) == 8
    after = hash_of(small)
    loading.rebuild(small.home, small.driver)
    assert hash_of(small) == after


def test_a_graph_that_somebody_else_wrote_is_not_touched(small: Small, tmp_path: Path) -> None:
    small.load_tables({"补贴发放": [payment(1)]})
    with pytest.raises(GuanxiError, match="did not write"):
        loading.bring_up_to_date(tmp_path, small.driver)
    assert amounts(small.driver) == {"LS1": 100.0}


def test_a_folder_without_tables_is_refused_in_a_sentence(small: Small, tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("nothing")
    with pytest.raises(GuanxiError, match="holds no departmental tables"):
        loading.load(small.home, small.driver, tmp_path)


def test_a_file_that_no_table_fits_is_refused_and_the_others_are_loaded(small: Small, tmp_path: Path) -> None:
    (tmp_path / "unknown.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    (tmp_path / "towns.csv").write_text(
        "村编码,村,乡镇编码,乡镇,县\n431226101203,黄家团村,431226101,锦和镇,麻阳县\n", encoding="gb18030"
    )
    receipt = loading.load(small.home, small.driver, tmp_path)
    assert list(receipt.delivery.refused) == ["unknown.csv"]
    again = loading.load(small.home, small.driver, tmp_path)
    assert (again.new, list(again.delivery.refused)) == (False, ["unknown.csv"])
    assert [entry.table for entry in receipt.delivery.entries] == ["divisions"]


def test_between_tables_the_ontology_decides_and_never_the_order_of_arrival(small: Small) -> None:
    person = PERSON["公民身份号码"]
    post = {
        "身份证号": person,
        "姓名": "张山",
        "单位": "民政局",
        "职务": "局长",
        "职级": "正科",
        "任职日期": "2015-01-01",
    }
    names = set()
    for first, second in (
        ({"户籍人口": [PERSON]}, {"公职人员": [post]}),
        ({"公职人员": [post]}, {"户籍人口": [PERSON]}),
    ):
        small.load_tables(first)
        small.add_tables(second, "second")
        with small.driver.session() as session:
            found = session.run(
                "MATCH (p:Official)-[h:HOLDS_POST]->(u:Unit) RETURN p.name, h.title, h.rank, u.key"
            ).single(strict=True)
        names.add(tuple(found.values()))
    assert names == {("张三", "局长", "正科", "民政局")}
