"""The 27 specs hold together, recognise their headers, and their samples say what they must."""

import re
import tomllib
from pathlib import Path

import pytest

from graph_loader import ontology
from graph_loader.cleaning import Cleaned, clean
from graph_loader.errors import GuanxiError
from graph_loader.headers import find_header, nearest, recognise
from graph_loader.layout import blocks_of, records
from graph_loader.reading import sheets_of
from graph_loader.secret import Secret
from graph_loader.sources import FOLDER, KINDS, Key, Source, When, load_sources

SECRET = Secret(b"the key of the tests, 32 bytes ..")
SOURCES = load_sources()
IDS = sorted(SOURCES)


def cleaned_sample(source: Source, folder: Path = FOLDER) -> Cleaned:
    (sheet,) = sheets_of(folder / source.id / "sample.csv")
    sources = load_sources(folder)
    (block,) = blocks_of(sheet, find=lambda rows, names: find_header(rows, sources, names))
    match = block.header.match
    assert match.source is source
    assert not match.unknown
    return clean(source, match, records(block), SECRET)


def key_of(row: dict, key: Key) -> str | None:
    """The key in readable form: numbers in place of keyed hashes; None if a part that must be filled is empty."""
    parts = []
    for part in key:
        values = (row[column.removesuffix("@ref")] if row[column] is not None else None for column in part.columns)
        value = next((value for value in values if value is not None), None)
        if value is None and not part.optional:
            return None
        parts.append("" if value is None else str(value))
    return "#".join(parts)


def holds(row: dict, when: When | None) -> bool:
    if when is None:
        return True
    if when.filled is not None:
        return (row[when.column] is not None) == when.filled
    return row[when.column] in when.values


def asserted(source: Source, cleaned: Cleaned) -> tuple[set[str], set[str]]:
    """Nodes and relationships that the rows say there are, ends of relationships included."""
    nodes, relationships = set(), set()
    for row in cleaned.table.to_pylist():
        for node in source.nodes:
            key = key_of(row, node.key)
            if key is not None and holds(row, node.when):
                nodes.add(f"{node.label}:{key}")
        for relationship in source.relationships:
            start, end = key_of(row, relationship.start.key), key_of(row, relationship.end.key)
            if start is not None and end is not None and holds(row, relationship.when):
                ends = f"{relationship.start.label}:{start}", f"{relationship.end.label}:{end}"
                nodes.update(ends)
                relationships.add("|".join((relationship.type, *ends)))
    return nodes, relationships


def test_all_27_tables_are_there() -> None:
    tables = "divisions residents marriages parentage deaths officials village_cadres declared_relatives programmes applications"
    tables += (
        " payments accounts transfers registers real_estate vehicles companies company_roles projects bids contracts"
    )
    tables += " contract_changes vouchers allocations parcels postings tips"
    assert set(tables.split()) <= set(SOURCES)


def check_sample(source: Source, folder: Path = FOLDER) -> None:
    cleaned = cleaned_sample(source, folder)
    expected = tomllib.loads((folder / source.id / "expected.toml").read_text(encoding="utf-8"))
    nodes, relationships = asserted(source, cleaned)
    assert len(cleaned.table) + len(cleaned.problems) == expected["read"]
    assert {str(problem.row): problem.column for problem in cleaned.problems} == expected["quarantined"]
    assert sorted(nodes) == expected["nodes"]
    assert sorted(relationships) == expected["relationships"]


@pytest.mark.parametrize("id", IDS)
def test_sample_gives_what_is_expected(id: str) -> None:
    check_sample(SOURCES[id])


def test_the_page_on_adding_a_table_adds_one(tmp_path: Path) -> None:
    page = (FOLDER.parent.parent / "docs" / "add_a_table.md").read_text(encoding="utf-8")
    columns, rows, sample, expected = re.findall(r"```(?:toml|csv)\n(.*?)```", page, re.DOTALL)
    folder = tmp_path / "greenhouses"
    folder.mkdir()
    (folder / "source.toml").write_text(columns + rows, encoding="utf-8")
    (folder / "sample.csv").write_text(sample, encoding="utf-8")
    (folder / "expected.toml").write_text(expected, encoding="utf-8")
    check_sample(load_sources(tmp_path)["greenhouses"], tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_on_adding_a_table_names_every_kind(kind: str) -> None:
    assert f"`{kind}`" in (FOLDER.parent.parent / "docs" / "add_a_table.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("id", IDS)
def test_sample_shows_enough_rows_and_a_title_row_at_most(id: str) -> None:
    rows = cleaned_sample(SOURCES[id])
    assert 2 <= len(rows.table) + len(rows.problems) <= 8


def test_specs_agree_with_the_ontology() -> None:
    graph = ontology.load()
    homes: list[str] = []
    for source in SOURCES.values():
        for node in source.nodes:
            assert node.properties.keys() <= graph.nodes[node.label].properties.keys(), source.id
            assert all(graph.nodes[mark].marks == node.label for mark in node.marks)
            homes += [node.label] if node.home else []
        for relationship in source.relationships:
            known = graph.relationships[relationship.type]
            assert (relationship.start.label, relationship.end.label) in known.between, (source.id, relationship.type)
            assert relationship.properties.keys() <= known.properties.keys(), (source.id, relationship.type)
            assert set(known.identity) <= relationship.properties.keys(), (source.id, relationship.type)
    assert set(homes) == {node.label for node in graph.stored_nodes()}


# Recognition


@pytest.mark.parametrize("id", IDS)
def test_canonical_headers_are_recognised_whole(id: str) -> None:
    source = SOURCES[id]
    match = recognise(list(source.columns))
    assert match and match.source is source and match.score == 1
    assert [match.columns[i].name for i in range(len(source.columns))] == list(source.columns)


@pytest.mark.parametrize("id", IDS)
def test_each_alias_is_taken_for_its_own_column(id: str) -> None:
    source = SOURCES[id]
    for column in source.columns.values():
        for alias in column.aliases:
            others = [name for name in source.columns if name != column.name]
            match = recognise([alias, *others])
            assert match and match.source is source, alias
            assert match.columns[0].name == column.name, alias


def test_usual_spellings_of_a_payment_roll() -> None:
    match = recognise(
        [
            "序号",
            "流水号*",
            "项目编码",
            "户主姓名",
            "户主身份证号码",
            "一卡通户名",
            "一卡通号",
            "补贴金额（万元）",
            " 发放\n时间 ",
            "备注",
        ]
    )
    assert match and match.source.id == "payments"
    assert {i: column.name for i, column in match.columns.items()} == {
        1: "发放流水号", 2: "项目编码", 3: "姓名", 4: "身份证号", 5: "户名", 6: "账号", 7: "金额", 8: "发放日期", 9: "摘要",
    }  # fmt: skip
    assert match.factors == {"金额": 10_000}
    assert match.unknown == ("序号",)
    assert match.score == 0.9


@pytest.mark.parametrize(
    "spelling",
    [
        "身份证号",
        "身份证号码",
        "身份证",
        "公民身份号码",
        "公民身份证号",
        "证件号码",
        "身份证明号码",
        "身份证件号",
        "居民身份证号",
    ],
)
def test_spellings_of_the_id_column_keep_the_role(spelling: str) -> None:
    headers = ["项目编码", "申请编号", "申请人姓名", "村编码", "受理日期", "审批日期", "审批结果"]
    match = recognise([*headers, f"申请人{spelling}", f"审批人{spelling}", f"经办人{spelling}"])
    assert match and match.source.id == "applications"
    assert [match.columns[i].name for i in (7, 8, 9)] == ["申请人身份证号", "审批人身份证号", "经办人身份证号"]


@pytest.mark.parametrize("spelling", ["帐号", "账号", "账户", "卡号", "一卡通号", "银行账号", "银行卡号", "一卡通账号"])
def test_spellings_of_the_account_column(spelling: str) -> None:
    match = recognise([spelling, "户名", "户主身份证", "开户行"])
    assert match and match.source.id == "accounts" and match.columns[0].name == "账号"


def test_a_rate_is_no_amount() -> None:
    headers = ["发放流水号", "项目编码", "姓名", "身份证号", "账号", "发放日期"]
    assert recognise([*headers, "金额（元/亩）"]) is None
    assert recognise([*headers, "金额（元）"]) is not None


def test_an_area_in_another_unit_is_no_area_in_mu() -> None:
    headers = ["地块编号", "承包人姓名", "承包人身份证号"]
    assert recognise([*headers, "确权面积（平方米）"]) is None
    assert recognise([*headers, "确权面积(亩)"]) is not None


def test_a_missing_required_column_is_no_match_and_is_named() -> None:
    headers = ["发放流水号", "项目编码", "姓名", "身份证号", "金额", "发放日期"]
    assert recognise(headers) is None
    assert nearest([headers]) == "it comes nearest to 补贴发放, but lacks 账号"
    assert "no row" in nearest([["甲", "乙"]])


def test_a_list_of_names_without_numbers_is_still_that_table() -> None:
    match = recognise(["姓名", "村编码", "职务", "任职日期"])
    assert match and match.source.id == "village_cadres" and match.score < 1
    assert recognise(["职务", "村编码", "任职日期"]) is None


def test_two_headers_for_one_required_column_are_refused() -> None:
    headers = ["发放流水号", "项目编码", "姓名", "身份证号", "账号", "发放日期", "金额", "金额（元）"]
    with pytest.raises(GuanxiError, match="金额"):
        recognise([*headers[:6], "补贴金额", "发放金额"])
    match = recognise(headers)
    assert match and match.columns[6].name == "金额" and match.unknown == ("金额（元）",)


def test_two_headers_for_one_optional_column_are_left_unknown() -> None:
    match = recognise(["地块编号", "承包人姓名", "承包人身份证号", "确权面积（亩）", "土地类型", "地类名称"])
    assert match and match.unknown == ("土地类型", "地类名称")


def test_a_header_below_five_title_rows_is_found() -> None:
    title = [["云溪县名册", "", ""], ["", "", ""], ["编制单位：　制表人：", "", ""], ["第一页", "", ""], ["", "", ""]]
    header = find_header([*title, ["名册", "身份证", "纳入时间"], ["低保", "…", "…"]])
    assert header and header.position == 5 and header.match.source.id == "registers"
    assert find_header(title) is None


# A spec that does not hold together is refused by name

GOOD = """
id = "wells"
title = "水井"
sender = "水利"
key = ["井号"]
column = [ { name = "井号", kind = "code", required = true }, { name = "身份证号", kind = "person_id" } ]
[[node]]
label = "Parcel"
key = "井号#身份证号?"
[[relationship]]
type = "HOLDS_LAND"
from = "Person:身份证号"
to = "Parcel:井号"
"""


def loaded(folder: Path, text: str) -> Source:
    (folder / "wells").mkdir()
    (folder / "wells" / "source.toml").write_text(text, encoding="utf-8")
    return load_sources(folder)["wells"]


def test_a_key_expression_names_clean_columns(tmp_path: Path) -> None:
    source = loaded(tmp_path, GOOD)
    first, second = source.nodes[0].key
    assert first.columns == ("井号",) and not first.optional
    assert second.columns == ("身份证号@ref",) and second.optional
    assert "身份证号@birth" in source.clean_columns()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('kind = "code"', 'kind = "cod"', "unknown kind 'cod'"),
        ('key = ["井号"]', 'key = ["井"]', "the key names 井"),
        ("required = true", "required = false", "no column of the key is required"),
        ("井号#身份证号?", "井号#证号", "uses 证号, which is no column"),
        ("井号#身份证号?", "井号#身份证号@age", "the column gives only 身份证号, 身份证号@ref"),
        ('from = "Person:身份证号"', 'from = "身份证号"', "must read `Label:column`"),
        ('sender = "水利"', "", "lacks `sender`"),
        ('sender = "水利"', 'sender = "水利"\nsender_phone = "1"', "unknown entry `sender_phone`"),
        ('id = "wells"', 'id = "well"', "give both one name"),
        ('kind = "code"', 'kind = "choice"', "has `choices`"),
        ('sender = "水利"', "sender = 水利", "cannot be read"),
        ('to = "Parcel:井号"', 'to = "Parcel:井号"\nwhen = { column = "井号" }', "needs either"),
        ('to = "Parcel:井号"', 'to = "Parcel:井号"\nproperties = { from = 3 }', "property from must be a column"),
    ],
)
def test_a_broken_spec_is_refused_with_its_mend(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(GuanxiError) as refusal:
        loaded(tmp_path, GOOD.replace(old, new, 1))
    assert "wells/source.toml" in str(refusal.value)
    assert complaint in str(refusal.value)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GuanxiError, match="holds no tables"):
        load_sources(tmp_path)
