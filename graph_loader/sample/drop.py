"""Writes the county as a drop: one file per table, payments one file per year, two workbooks with a sheet per town."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import xlsxwriter

from graph_loader.sample.county import Account, County, Firm, PostedMonth, Progress, month_number
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.offices import BYSTANDERS
from graph_loader.sample.payments import payment_tables, quarterly_totals
from graph_loader.sample.places import COUNTY_CODE, COUNTY_NAME
from graph_loader.sample.programmes import PROGRAMMES
from graph_loader.sample.tables import HEADERS

Row = tuple[Any, ...]


def write_drop(county: County, directory: Path) -> None:
    """All 27 tables, the releases, county.toml and truth.jsonl into an existing folder."""
    for table, rows in TABLES.items():
        name = f"{table}.csv"
        if table == "村干部":
            sheets = by_town(county, rows(county), column=2)
            write_workbook(directory / "村干部_分乡镇.xlsx", table, sheets)
        elif table == "项目库":
            write_workbook(directory / "项目库_分乡镇.xlsx", table, by_town(county, rows(county), column=2))
        elif table == "资金目录":
            write_workbook(directory / "资金目录.xlsx", table, {"资金目录": list(rows(county))})
        else:
            write_csv(directory / name, table, rows(county), "gb18030" if table == "死亡人员" else "utf-8")
    for year, table_of_year in payment_tables(county):
        write_arrow(directory / f"补贴发放_{year}.csv", table_of_year)
    with (directory / "采购公告.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for release in county.releases:
            file.write(json.dumps(release, ensure_ascii=False) + "\n")
    (directory / "county.toml").write_text(county_toml(county), encoding="utf-8")
    with (directory / "truth.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for truth in county.truths:
            file.write(json.dumps(truth.__dict__, ensure_ascii=False) + "\n")


def write_csv(path: Path, table: str, rows: Iterable[Row], encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADERS[table])
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_arrow(path: Path, table: pa.Table) -> None:
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        pyarrow.csv.write_csv(table, file, options)


def by_town(county: County, rows: Iterable[Row], column: int) -> dict[str, list[Row]]:
    """Rows by the name of the town whose code begins their village code."""
    names = {town.code: town.name for town in county.towns}
    sheets: dict[str, list[Row]] = {town.name: [] for town in county.towns}
    for row in rows:
        sheets[names[row[column][:9]]].append(row)
    return sheets


def write_workbook(path: Path, table: str, sheets: dict[str, list[Row]]) -> None:
    """A sheet per town: a merged title, the stamp line, the headers, the rows as text."""
    headers = HEADERS[table]
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2024, 1, 5, 9, 0), "author": "", "title": table})
        bold = book.add_format({"bold": True, "align": "center"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.merge_range(0, 0, 0, len(headers) - 1, f"{COUNTY_NAME}{name if name != table else ''}{table}表", bold)
            sheet.write_string(1, 0, "编制单位：　　制表人：　　审批人：")
            sheet.write_row(2, 0, headers, bold)
            for number, row in enumerate(rows, 3):
                sheet.write_row(number, 0, row)


def county_toml(county: County) -> str:
    towns = "\n".join(f'"{town.code}" = "{town.name}"' for town in county.towns)
    return f"""# Facts of an invented county; everybody and every firm in it is invented.
name = "{COUNTY_NAME}"
code = "{COUNTY_CODE}"
as_of = {AS_OF.isoformat()}

[towns]
{towns}

[limits]
tender = 4000000
tender_before_2018_06_01 = 2000000
"""


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def idn(person: Person | None) -> str:
    return person.id if person else ""


def divisions(county: County) -> Iterator[Row]:
    for village in county.villages:
        yield village.code, village.name, village.town.code, village.town.name, COUNTY_NAME


def residents(county: County) -> Iterator[Row]:
    for household in county.households:
        village = household.village
        for person in household.members:
            status, day = "正常", None
            if person in county.cancelled:
                status, day = "注销", county.cancelled[person]
            elif person.left:
                status, day = "迁出", person.left
            yield (
                person.id, person.name, person.sex, household.number, household.roles[person], village.code,
                village.town.name, village.name, f"{household.group}组", status, iso(day),
            )  # fmt: skip


def marriages(county: County) -> Iterator[Row]:
    number = 0
    for marriage in county.families.marriages:
        if marriage not in county.marriages:
            continue
        for kind, day in (("结婚", marriage.start), ("离婚", marriage.end)):
            if day:
                number += 1
                code = f"{'J' if kind == '结婚' else 'L'}{COUNTY_CODE}-{day.year}-{number:06d}"
                man, woman = marriage.husband, marriage.wife
                yield code, man.name, man.id, woman.name, woman.id, kind, iso(day)


def parentage(county: County) -> Iterator[Row]:
    for child in sorted(county.parentage, key=lambda p: p.number):
        father, mother = child.father, child.mother
        yield (
            child.id, child.name, father.name if father else "", idn(father), mother.name if mother else "", idn(mother),
        )  # fmt: skip


def deaths(county: County) -> Iterator[Row]:
    for row in county.deaths:
        yield row.person.id, row.person.name, iso(row.died), iso(row.cremated), row.source


def officials(county: County) -> Iterator[Row]:
    for post in county.offices.posts:
        if not post.cadre:
            person, contact = post.person, post.contact.code if post.contact else ""
            yield (
                person.id, person.name, post.unit, post.title, post.rank, iso(post.start), iso(post.end), post.duty, contact,
            )  # fmt: skip


def village_cadres(county: County) -> Iterator[Row]:
    for post in county.offices.posts:
        if post.village:
            yield post.person.id, post.person.name, post.village.code, post.title, iso(post.start), iso(post.end)


def declared_relatives(county: County) -> Iterator[Row]:
    for d in county.offices.declarations:
        relative = d.relative
        yield (
            d.official.id, d.official.name, relative.name, d.term, relative.id if d.with_id else "", d.work, iso(d.filed), d.matter,
        )  # fmt: skip


def programmes(county: County) -> Iterator[Row]:
    for p in PROGRAMMES:
        yield (
            p.code, p.name, p.unit, "审核" if p.audited else "普惠", "家庭" if p.household else "个人", ";".join(p.excludes),
            p.exclusive_with, p.register, p.age_from or "", p.age_to or "", p.limit or "", p.rhythm,
        )  # fmt: skip


def applications(county: County) -> Iterator[Row]:
    for a in county.applications:
        yield (
            a.number, a.programme.code, a.person.name, a.person.id, a.village.code, iso(a.accepted), idn(a.handler),
            idn(a.reviewer), a.approver.id, iso(a.approved), "同意" if a.agreed else "不同意", a.reason,
        )  # fmt: skip


def accounts(county: County) -> Iterator[Row]:
    for a in county.accounts.values():
        yield a.number, holder_of(a), a.holder_code, a.bank, iso(a.opened), a.telephone


def holder_of(account: Account) -> str:
    return account.holder.name if account.holder else account.holder_name


def transfers(county: County) -> Iterator[Row]:
    """A few accounts that were drawn for other cases: ordinary spending. Then whole accounts of firms."""
    dice = county.dice
    for number, t in enumerate(county.transfers, 1):
        yield (
            f"LS9{number:07d}", t.source.number, holder_of(t.source), t.target.number, holder_of(t.target),
            t.amount, iso(t.day), t.note,
        )  # fmt: skip
    drawn = [a for a in county.accounts.values() if a.holder and not a.holder.outsider]
    for number, account in enumerate(dice.sample(drawn, min(len(drawn), 6 + len(county.villages) // 4)), 1):
        assert account.holder is not None
        for turn in range(dice.randint(8, 25)):
            other = dice.choice(drawn)
            if other is account or other.holder is None:
                continue
            day = county.size.first_month + timedelta(days=dice.randrange(1000))
            note = dice.choice(("转账", "购货款", "还款", "生活费"))
            yield (
                f"LS{number:04d}{turn:04d}", account.number, account.holder.name, other.number, other.holder.name,
                float(dice.randrange(50, 3000, 50)), iso(day), note,
            )  # fmt: skip


def registers(county: County) -> Iterator[Row]:
    seen = set()
    for r in county.registrations:
        if (r.register, r.person, r.start) not in seen:
            seen.add((r.register, r.person, r.start))
            yield r.register, r.person.id, r.person.name, r.village.code, iso(r.start), iso(r.end), r.grounds


def real_estate(county: County) -> Iterator[Row]:
    for h in county.houses:
        yield h.number, h.owner.name, h.owner.id, h.use, h.area, h.place, iso(h.registered), iso(h.cancelled), h.value


def vehicles(county: County) -> Iterator[Row]:
    for v in county.vehicles:
        yield v.plate, v.owner.name, v.owner.id, v.kind, iso(v.registered), iso(v.cancelled), v.value


def companies(county: County) -> Iterator[Row]:
    for f in county.firms:
        yield (
            f.code, f.name, f.kind, f.representative.name, f.representative.id, iso(f.founded), f"{f.capital:g}", f.address,
            f.telephone, "注销" if f.struck else "存续", iso(f.struck), f.former_name,
        )  # fmt: skip


def company_roles(county: County) -> Iterator[Row]:
    for firm in county.firms:
        for role in firm.roles:
            holder = role.holder
            code = holder.code if isinstance(holder, Firm) else holder.id
            share = f"{role.share:g}" if role.share is not None else ""
            yield firm.code, holder.name, code, role.role, share, iso(role.start), iso(role.end)


def projects(county: County) -> Iterator[Row]:
    for p in county.projects:
        started, finished = p.start if p.start < AS_OF else None, p.finish if p.done else None
        progress = p.progress or Progress(started, finished, "已完工" if p.done else "在建" if started else "未开工")
        yield (
            p.number, p.name, p.village.code, p.unit, p.leader.name, p.leader.id, p.amount, p.method, iso(p.approved),
            iso(p.start), iso(p.finish), iso(progress.started), iso(progress.finished), progress.state, p.emergency,
        )  # fmt: skip


def bids(county: County) -> Iterator[Row]:
    for b in county.bids:
        handed_in = datetime.combine(b.submitted or b.opened, datetime.min.time())
        if b.submitted is None:
            handed_in -= timedelta(hours=b.rank * 3 + 1)
        yield (
            b.project.number, b.lot, b.method or b.project.method, iso(b.announced), iso(b.opened), b.name or b.firm.name, b.firm.code,
            b.price, "是" if b.won else "否", b.rank or "", b.rejected, b.firm.representative.name,
            b.telephone or b.firm.telephone, (b.account or b.firm.account).number, f"{handed_in:%Y-%m-%d}",
        )  # fmt: skip


def contracts(county: County) -> Iterator[Row]:
    for c in county.contracts:
        yield (
            c.number, c.project.number, c.owner, c.name or c.firm.name, c.firm.code, c.amount, iso(c.signed), iso(c.due), c.signer.id,
        )  # fmt: skip


def contract_changes(county: County) -> Iterator[Row]:
    for c in county.changes:
        yield (
            c.number, c.contract.number, c.kind, iso(c.day),
            c.old_name or (c.old.name if c.old else ""), c.old.code if c.old else "",
            c.new_name or (c.new.name if c.new else ""), c.new.code if c.new else "",
            c.old_value, c.new_value, c.approval, idn(c.approver), c.reason,
        )  # fmt: skip


def vouchers(county: County) -> Iterator[Row]:
    for v in county.vouchers:
        yield (
            v.number, v.payer, iso(v.day), v.note, f"{v.amount:.2f}", v.payee, v.payee_code, v.account, v.project, v.contract,
            idn(v.handler), idn(v.approver), v.receipts,
        )  # fmt: skip


def allocations(county: County) -> Iterator[Row]:
    """The money of each programme and quarter arrives in the first days of the quarter."""
    for number, (programme, year, quarter, total) in enumerate(quarterly_totals(county), 1):
        issued = date(year, quarter * 3 + 1, 2)
        yield (
            f"清财社〔{year}〕{number}号", programme.code, programme.unit, f"{total:.2f}", iso(issued), iso(issued + timedelta(days=3)),
        )  # fmt: skip
    for a in county.allocations:
        yield a.document, a.programme.code, a.place, f"{a.amount:.2f}", iso(a.issued), iso(a.arrived)


def parcels(county: County) -> Iterator[Row]:
    for p in county.parcels:
        yield p.number, p.holder.name, p.holder.id, f"{p.area:g}", p.kind, p.village.code


def postings(county: County) -> Iterator[Row]:
    """The last three months of the officials who are the contact of a village: 24 days a month there, 18 nights."""
    dice = county.dice
    first = date(2023, 10, 1)
    for post in county.offices.posts:
        if post.contact is None or post.end is not None or any(name in post.unit for name in BYSTANDERS):
            continue
        for day in (first + timedelta(days=n) for n in range(92)):
            posted = county.posted.get((post.person, month_number(day)), PostedMonth())
            if posted is None or not posted.first <= day.day <= posted.last:
                continue
            there = day.day <= posted.days
            yield (
                post.person.id, post.person.name, post.contact.code, iso(day), "是" if there else "否",
                "是" if day.day <= posted.nights else "否", dice.randint(120, 600) if there else 0, dice.randint(1, 5) if there else 0,
            )  # fmt: skip


def tips(county: County) -> Iterator[Row]:
    for t in county.tips:
        yield t.number, iso(t.day), t.about, t.village.code if t.village else "", t.matter, t.content, t.state


TABLES: dict[str, Callable[[County], Iterator[Row]]] = {
    "行政区划": divisions,
    "户籍人口": residents,
    "婚姻登记": marriages,
    "亲子关系": parentage,
    "死亡人员": deaths,
    "公职人员": officials,
    "村干部": village_cadres,
    "亲属申报": declared_relatives,
    "资金目录": programmes,
    "补贴申请": applications,
    "银行账户": accounts,
    "银行流水": transfers,
    "特殊对象名册": registers,
    "房产": real_estate,
    "车辆": vehicles,
    "经营主体": companies,
    "股东高管": company_roles,
    "项目库": projects,
    "招投标": bids,
    "合同": contracts,
    "合同变更": contract_changes,
    "支出凭证": vouchers,
    "资金指标": allocations,
    "承包地": parcels,
    "驻村日志": postings,
    "群众举报": tips,
}
