"""What a hostile file does ends in one sentence, in little time and memory; and nothing in it is trusted or run."""

import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from graph_loader import custody
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.intake import Drop, read_drop
from graph_loader.layouts import Layouts
from graph_loader.reader import Reader
from graph_loader.secret import Secret

SECRET = Secret(b"the key of the tests, 32 bytes ..")
HEADER = "名册,身份证号,姓名,起始日期\n"
ROW = "低保,431299196803120112,张三,2019-01-01\n"
GOOD = (HEADER + ROW).encode()
SECONDS, BYTES = 10, 512 << 20


class Watch:
    """The most memory that the processes which read files took, and the processor time of the busiest."""

    def __init__(self) -> None:
        self.memory = 0
        self.seconds = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        started: dict[int, float] = {}
        while not self._done.wait(0.02):
            for process in psutil.Process().children():
                try:
                    if "graph_loader.reader" in process.cmdline():
                        spent = sum(process.cpu_times()[:2])
                        started.setdefault(process.pid, 0.0 if time.time() - process.create_time() < 5 else spent)
                        self.memory = max(self.memory, process.memory_info().rss)
                        self.seconds = max(self.seconds, spent - started[process.pid])
                except psutil.Error:
                    continue

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


@contextmanager
def measured() -> Iterator[None]:
    """Asserts the promise: 512 MB in the process that reads and none of it in this one, and ten seconds, here of processor time
    as tests share their processors."""
    before = psutil.Process().memory_info().rss
    own = time.thread_time()
    with Watch() as watch:
        yield
    assert watch.memory < BYTES and watch.seconds + time.thread_time() - own < SECONDS
    assert psutil.Process().memory_info().rss - before < 100 << 20


def taken(tmp_path: Path, files: dict[str, bytes]) -> Drop:
    folder = tmp_path / "drop"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return read_drop(Evidence(tmp_path / "home"), folder, SECRET, lambda *_: None)


def check_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    """The file is refused in one sentence that names it; the good one beside it is read."""
    with measured():
        drop = taken(tmp_path, {"good.csv": GOOD, name: content})
    (why,) = drop.refused.values()
    assert re.search(sentence, why) and name in why and "\n" not in why
    assert [(table.entry.file, table.entry.read) for table in drop.tables] == [("good.csv", 1)]


def workbook(
    change: tuple[bytes, bytes] = (b"", b""), part: str = "sheet1.xml", packing: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A good workbook, bytes of one of its parts replaced."""
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as writer:
        sheet = writer.add_worksheet("一")
        for at, row in enumerate((HEADER, ROW)):
            sheet.write_row(at, 0, row.strip().split(","))
    return repacked(book.getvalue(), {part: change}, packing)


def repacked(book: bytes, changes: dict[str, tuple[bytes, bytes]], packing: int) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(changed, "w", packing) as new:
        for item in old.infolist():
            content = old.read(item)
            for part, (before, after) in changes.items():
                if before and item.filename.endswith(part):
                    assert before in content
                    content = content.replace(before, after, 1)
            new.writestr(item.filename, content)
    return changed.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return archive.getvalue()


def test_a_zip_bomb(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as writer,
        writer.open("名册.csv", "w") as part,
    ):
        for _ in range(100):
            part.write(b"0" * (1 << 20))
    assert len(bomb.getvalue()) < 1 << 20
    check_refused(tmp_path, "名册.zip", bomb.getvalue(), "unpacks to far more than it is")


def test_a_zip_bomb_named_workbook(tmp_path: Path) -> None:
    check_refused(tmp_path, "名册.xlsx", workbook((b"</row>", b"</row>" + b" " * 100_000_000)), "unpacks to far more")


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    book = bytearray(zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b" " * 100_000_000}))
    real = (100_000_000).to_bytes(4, "little")
    assert book.count(real)
    check_refused(
        tmp_path, "名册.xlsx", bytes(book).replace(real, (900_000).to_bytes(4, "little")), "damaged|unpacks to far more"
    )


def test_a_zip_in_a_zip(tmp_path: Path) -> None:
    inner = zipped({"名册.csv": GOOD})
    check_refused(tmp_path, "名册.zip", zipped({"inner.zip": inner}), "an archive in an archive")


@pytest.mark.parametrize(
    "claim",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row><row r="3"><c r="ZZ3"><v>1</v></c></row>',
    ],
)
def test_a_cell_in_the_far_corner(tmp_path: Path, claim: bytes) -> None:
    check_refused(
        tmp_path,
        "名册.xlsx",
        workbook((b"</sheetData>", claim + b"</sheetData>")),
        r"claims 1,048,576 rows of [\d,]+ col",
    )


def test_a_sheet_that_says_it_is_as_large_as_can_be_is_read_as_large_as_it_is(tmp_path: Path) -> None:
    with measured():
        drop = taken(tmp_path, {"名册.xlsx": workbook((b'ref="A1:D2"', b'ref="A1:XFD1048576"'))})
    assert [table.entry.read for table in drop.tables] == [1] and not drop.refused


def test_a_cell_of_100_megabytes_in_a_text(tmp_path: Path) -> None:
    check_refused(tmp_path, "名册.csv", GOOD + b"a" * 100_000_000 + b",1,2,3\n", "longer than a spreadsheet can hold")


def test_a_quoted_cell_of_100_megabytes_in_a_text(tmp_path: Path) -> None:
    check_refused(
        tmp_path, "名册.csv", GOOD + b'"' + b"abc\n" * 25_000_000 + b'",1,2,3\n', "longer than a spreadsheet can hold"
    )


@pytest.mark.parametrize("letter", ["名", "&#21517;"])
def test_a_cell_of_100_megabytes_in_a_workbook(tmp_path: Path, letter: str) -> None:
    text = (letter * 1_000 + "1").encode() * (100_000_000 // (1_000 * len(letter.encode())))
    cell = b'<c r="A3" t="inlineStr"><is><t>' + text + b"</t></is></c>"
    book = workbook((b"</sheetData>", b'<row r="3">' + cell + b"</row></sheetData>"), packing=zipfile.ZIP_STORED)
    check_refused(tmp_path, "名册.xlsx", book, "longer than a spreadsheet can hold")


def test_a_billion_laughs(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{lines}]>'.encode()
    for number, part in enumerate(
        ("sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml", "workbook.xml.rels")
    ):
        book = workbook((b"?>", b"?>" + laughs), part)
        check_refused(tmp_path / str(number), "名册.xlsx", book, "declares XML entities")


@pytest.mark.parametrize(
    "name", ["../../名册.csv", "/etc/名册.csv", "..\\..\\名册.csv", "C:\\名册.csv", "a/../../名册.csv"]
)
def test_names_that_lead_out_of_an_archive(tmp_path: Path, name: str) -> None:
    check_refused(tmp_path, "名册.zip", zipped({name: GOOD}), "points outside of the archive")
    assert {path.name for path in tmp_path.rglob("*.csv")} == {"good.csv"}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["名册.xlsx", "名册.zip"])
def test_a_truncated_archive(tmp_path: Path, name: str, share: float) -> None:
    content = workbook() if name.endswith(".xlsx") else zipped({"名册.csv": GOOD * 1_000})
    check_refused(tmp_path, name, content[: int(len(content) * share)], "damaged")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("名册.xlsx", b"%PDF-1.4 ...", "is a PDF"),
        ("名册.xls", b"<html><table><tr><td>1</td></tr></table></html>", "is a web page"),
        ("名册.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 1_000, "is a picture"),
        ("名册.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5_000, "cannot be read as a workbook"),
        ("名册.xlsx", zipped({"名册.csv": GOOD}), "an archive and no workbook"),
        ("名册.csv", bytes(range(256)) * 100, "neither UTF-8"),
    ],
)
def test_a_wrong_extension_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    check_refused(tmp_path, name, content, sentence)


@pytest.mark.parametrize(
    ("name", "content"),
    [("名册.csv", workbook()), ("名册.xls", workbook()), ("名册.et", workbook()), ("名册.xlsx", GOOD)],
)
def test_a_wrong_extension_that_can_be_read(tmp_path: Path, name: str, content: bytes) -> None:
    assert [table.entry.read for table in taken(tmp_path, {name: content}).tables] == [1]


def test_formulas_are_read_as_they_were_last_worked_out(tmp_path: Path) -> None:
    formula = b'<c r="C2"><f>WEBSERVICE("http://127.0.0.1:9/x")&amp;CMD|\'/c touch x\'!A1</f><v>7</v></c>'
    book = workbook((b'<c r="C2" t="s"><v>6</v></c>', formula))
    assert taken(tmp_path, {"名册.xlsx": book}).tables[0].rows["姓名"].to_pylist() == ["7"]


@pytest.mark.parametrize(("harm", "why"), [("bytearray(1 << 30)", "memory"), ("sum(iter(lambda: 1, 2))", "time")])
def test_what_takes_more_than_its_size_allows_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, why: str
) -> None:
    """Whatever nobody thought of: the limits hold by themselves, and the next file is read by a new process."""
    path = tmp_path / "名册.csv"
    path.write_bytes(GOOD)
    harmful = tmp_path / "harmful" / "sitecustomize.py"
    harmful.parent.mkdir()
    harmful.write_text(f"import graph_loader.tables as t\nt.contents_of = lambda *_: {harm}\n", encoding="utf-8")
    reader = Reader()
    with monkeypatch.context() as context, measured():
        context.syspath_prepend(harmful.parent)
        contents = reader.contents(path, "名册.csv", tmp_path / "1", SECRET, Layouts(tmp_path))
    assert contents.refused.startswith(f"名册.csv takes more {why} than a file of its size may")
    assert [
        found.read for found in reader.contents(path, "名册.csv", tmp_path / "2", SECRET, Layouts(tmp_path)).tables
    ] == [1]


def test_a_drop_of_nothing_but_a_bomb_says_so(tmp_path: Path) -> None:
    with pytest.raises(GuanxiError, match="archive in an archive"):
        taken(tmp_path, {"名册.zip": zipped({"inner.zip": zipped({"名册.csv": GOOD})})})


# Zipped folders that mean well


class NamedInGbk(zipfile.ZipInfo):
    """A file's entry as archives of Windows in Chinese have it: GBK, and nothing that says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


@pytest.mark.parametrize("entry", [zipfile.ZipInfo, NamedInGbk])
def test_a_zipped_folder_is_read_as_a_folder(tmp_path: Path, entry: type[zipfile.ZipInfo]) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name in ("锦和镇/低保名册.csv", "锦和镇/说明.txt", "锦和镇/~$低保名册.xlsx"):
            writer.writestr(entry(name), GOOD if name.endswith(".csv") else "看这里".encode())
    drop = taken(tmp_path, {"2019.zip": archive.getvalue()})
    assert [table.entry.file for table in drop.tables] == ["2019.zip/锦和镇/低保名册.csv"]
    assert drop.ignored == {
        "2019.zip/锦和镇/说明.txt": "no departmental table",
        "2019.zip/锦和镇/~$低保名册.xlsx": "left by a spreadsheet that has the file open",
    }
    delivery = custody.keep(Evidence(tmp_path / "home"), drop, tmp_path / "drop", "clerk")
    (sha,) = delivery.files.values()
    assert (tmp_path / "home" / "evidence" / "files" / sha).read_bytes() == GOOD


def test_processes_are_used_again(tmp_path: Path) -> None:
    taken(tmp_path / "a", {f"{n}.csv": GOOD for n in range(5)})
    before = {process.pid for process in psutil.Process().children()}
    taken(tmp_path / "b", {f"{n}.csv": GOOD for n in range(5)})
    assert {process.pid for process in psutil.Process().children()} == before
