"""A second, plain reading of a county's tables: which leads of twelve queries they imply, straight from the rules.

Slow and simple on purpose. It shares nothing with the generator, the graph or the query packs; it serves to check the truth file.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import openpyxl

Row = dict[str, str]
FOREVER = (date(1, 1, 1), date(9999, 12, 31))


def tables_of(drop: Path) -> dict[str, list[Row]]:
    """Every table of a sample drop by its name: the file's name up to the first underscore."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(drop.iterdir()):
        name = path.stem.split("_")[0]
        if path.suffix == ".csv":
            encoding = "gb18030" if name == "死亡人员" else "utf-8"
            with path.open(encoding=encoding, newline="") as file:
                tables[name].extend(csv.DictReader(file))
        elif path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
                rows = list(sheet.iter_rows(values_only=True))
                headers = [str(cell) for cell in rows[2]]
                for row in rows[3:]:
                    tables[name].append({h: "" if c is None else str(c) for h, c in zip(headers, row, strict=False)})
    return tables


def day_of(text: str, default: date = FOREVER[1]) -> date:
    return date.fromisoformat(text) if text else default


class Kin:
    """Who is kin of whom by what is on record."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.parents: dict[str, set[str]] = defaultdict(set)
        self.children: dict[str, set[str]] = defaultdict(set)
        self.brothers: dict[str, set[str]] = defaultdict(set)
        self.married: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
        self.named: dict[str, list[tuple[str, date]]] = defaultdict(list)
        self.household = {row["公民身份号码"]: row["户号"] for row in tables["户籍人口"]}
        for row in tables["亲子关系"]:
            for parent in (row["父亲身份证号"], row["母亲身份证号"]):
                if parent:
                    self.parent(parent, row["子女身份证号"])
        self.read_marriages(tables["婚姻登记"])
        members: dict[str, list[Row]] = defaultdict(list)
        for row in tables["户籍人口"]:
            members[row["户号"]].append(row)
        for rows in members.values():
            self.read_household(rows)
        for row in tables["亲属申报"]:
            self.read_declaration(row)
        self.close_cache: dict[tuple[str, date], set[str]] = {}

    def parent(self, parent: str, child: str) -> None:
        self.parents[child].add(parent)
        self.children[parent].add(child)

    def brother(self, one: str, other: str) -> None:
        self.brothers[one].add(other)
        self.brothers[other].add(one)

    def marry(self, one: str, other: str, start: date, end: date) -> None:
        self.married[one].append((other, start, end))
        self.married[other].append((one, start, end))

    def read_marriages(self, rows: list[Row]) -> None:
        open_: dict[tuple[str, str], date] = {}
        for row in sorted(rows, key=lambda r: r["登记日期"]):
            pair = (row["男方身份证号"], row["女方身份证号"])
            if row["登记类型"] == "结婚":
                open_[pair] = day_of(row["登记日期"])
            else:
                self.marry(*pair, open_.pop(pair), day_of(row["登记日期"]))
        for pair, start in open_.items():
            self.marry(*pair, start, FOREVER[1])

    def read_household(self, rows: list[Row]) -> None:
        roles = {row["公民身份号码"]: row["与户主关系"] for row in rows}
        head = next((p for p, role in roles.items() if role in ("户主", "本人")), None)
        if head is None:
            return
        wife = next((p for p, role in roles.items() if role in ("配偶", "妻", "夫")), None)
        if wife and not any(other == wife for other, _, _ in self.married[head]):
            self.marry(head, wife, *FOREVER)
        children = [p for p, role in roles.items() if role[-1] in "子女" and role[0] not in "孙侄曾外继"]
        for child in children:
            self.parent(head, child)
            if wife:
                self.parent(wife, child)
        parents = [p for p, role in roles.items() if role in ("父亲", "父", "母亲", "母")]
        for parent in parents:
            self.parent(parent, head)
        for one, role in roles.items():
            if role in ("兄", "弟", "姐", "妹"):
                self.brother(one, head)
            if role in ("岳父", "岳母", "公公", "婆婆") and wife:
                self.parent(one, wife)
            if role in ("儿媳", "媳", "女婿"):
                sons = [c for c in children if not any(o == one for o, _, _ in self.married[c])]
                if not any(o in children for o, _, _ in self.married[one]) and len(sons) == 1:
                    self.marry(one, sons[0], *FOREVER)

    def read_declaration(self, row: Row) -> None:
        one, other, term = row["干部身份证号"], row["亲属身份证号"], row["称谓"]
        if not other:
            return
        if term in ("父亲", "母亲"):
            self.parent(other, one)
        elif term in ("儿子", "女儿"):
            self.parent(one, other)
        elif term in ("哥哥", "弟弟", "姐姐", "妹妹"):
            self.brother(one, other)
        elif row["备案日期"]:
            self.named[one].append((other, day_of(row["备案日期"])))

    def spouses(self, people: Iterable[str], day: date) -> set[str]:
        return {o for p in people for o, start, end in self.married.get(p, ()) if start <= day < end}

    def siblings(self, person: str) -> set[str]:
        found = set(self.brothers.get(person, ()))
        for parent in self.parents.get(person, ()):
            found |= self.children[parent]
        return found - {person}

    def close(self, person: str, day: date) -> set[str]:
        """Kin up to 近姻亲 on a day, by the list of the recusal rules."""
        key = (person, day)
        if key in self.close_cache:
            return self.close_cache[key]
        up = set(self.parents.get(person, ()))
        line, level = set(up), up
        for _ in range(2):
            level = {q for p in level for q in self.parents.get(p, ())}
            line |= level
        level = {person}
        for _ in range(3):
            level = {q for p in level for q in self.children.get(p, ())}
            line |= level
        siblings = self.siblings(person)
        uncles = {q for p in up for q in self.siblings(p)}
        collateral = siblings | uncles | {c for p in siblings | uncles for c in self.children.get(p, ())}
        found = line | collateral | self.spouses(collateral | up | self.children.get(person, set()), day)
        found |= {q for p in self.spouses(self.children.get(person, ()), day) for q in self.parents.get(p, ())}
        for spouse in self.spouses([person], day):
            theirs = self.siblings(spouse)
            found |= {spouse} | theirs | self.spouses(theirs, day)
            found |= self.parents.get(spouse, set()) | self.children.get(spouse, set())
        found |= {other for other, since in self.named.get(person, ()) if since <= day}
        self.close_cache[key] = found - {person}
        return self.close_cache[key]

    def near(self, person: str, day: date) -> set[str]:
        """Kin in either direction."""
        return self.close(person, day)

    def steps(self, person: str, day: date) -> set[str]:
        """One PARENT, SPOUSE or SIBLING step away."""
        found = self.siblings(person) | self.spouses([person], day)
        return found | self.parents.get(person, set()) | self.children.get(person, set())


class Reading:
    """The leads of the twelve queries with their levels: {(query, persons, things): level}."""

    def __init__(self, drop: Path) -> None:
        self.tables = tables_of(drop)
        self.kin = Kin(self.tables)
        self.leads: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str] = {}
        self.programmes = {row["项目编码"]: row for row in self.tables["资金目录"]}
        self.towns = {row["村编码"]: row["乡镇"] for row in self.tables["行政区划"]}
        self.read_posts()
        self.declared: dict[tuple[str, str], list[date]] = defaultdict(list)
        for row in self.tables["亲属申报"]:
            if row["亲属身份证号"] and row["备案日期"]:
                self.declared[row["干部身份证号"], row["亲属身份证号"]].append(day_of(row["备案日期"]))
        self.homes = {row["公民身份号码"]: row["村编码"] for row in self.tables["户籍人口"]}
        self.applications = {row["申请编号"]: row for row in self.tables["补贴申请"]}
        self.read_benefits()
        self.read_accounts()
        self.read_deaths()
        self.read_projects()

    def lead(self, query: str, level: str, persons: tuple[str, ...], things: tuple[str, ...]) -> None:
        order = ("verify", "low", "medium", "high")
        key = (query, persons, things)
        if order.index(level) >= order.index(self.leads.get(key, "verify")):
            self.leads[key] = level

    def read_posts(self) -> None:
        self.posts: dict[str, list[tuple[str, date, date]]] = defaultdict(list)  # person → (charge, from, to)
        self.in_charge: dict[str, set[str]] = defaultdict(set)
        for row in self.tables["村干部"]:
            self.post(row["身份证号"], f"cadre {row['村编码']}", row)
        for row in self.tables["公职人员"]:
            self.post(row["身份证号"], f"unit {row['单位']}", row)
            for town in set(self.towns.values()):
                if row["单位"].startswith(town):
                    self.post(row["身份证号"], f"town {town}", row)
            if row["联系村编码"]:
                self.post(row["身份证号"], f"contact {row['联系村编码']}", row)

    def post(self, person: str, charge: str, row: Row) -> None:
        self.posts[person].append((charge, day_of(row["任职日期"]), day_of(row["免职日期"])))
        self.in_charge[charge].add(person)

    def holds(self, person: str, charge: str, day: date) -> bool:
        return any(c == charge and start <= day < end for c, start, end in self.posts.get(person, ()))

    def in_office(self, person: str, day: date) -> bool:
        return any(start <= day < end for _, start, end in self.posts.get(person, ()))

    def place_charges(self, village: str) -> tuple[str, ...]:
        return (f"cadre {village}", f"town {self.towns[village]}", f"contact {village}")

    def charged(self, charges: Iterable[str], day: date) -> set[str]:
        return {p for c in charges for p in self.in_charge.get(c, ()) if self.holds(p, c, day)}

    def filed(self, official: str, relative: str, day: date) -> bool:
        return any(filed <= day for filed in self.declared.get((official, relative), ()))

    def read_benefits(self) -> None:
        seen: set[tuple[str, ...]] = set()
        for row in self.tables["补贴发放"]:
            programme = self.programmes[row["项目编码"]]
            if programme["发放方式"] != "审核":
                continue
            person, code = row["身份证号"], row["项目编码"]
            application = self.applications.get(row["申请编号"])
            paid = day_of(row["发放日期"])
            if "公职" in programme["排斥条件"].split(";") and self.in_office(person, paid):
                self.lead("official_on_benefit", "high", (person,), (code,))
            hands = {"handler": row["经办人身份证号"], "approver": row["审批人身份证号"]}
            self.signed(person, code, hands, paid)
            key = (person, code, row["申请编号"], row["村编码"], *hands.values())
            if key in seen and application:
                continue
            seen.add(key)
            day = day_of(application["审批日期"]) if application else paid
            village = row["村编码"] or (application["村编码"] if application else self.homes[person])
            signers = {hands["approver"]}
            if application:
                signers |= {application["审核人身份证号"], application["审批人身份证号"]}
            charges = (*self.place_charges(village), f"unit {programme['主管部门']}")
            for official in self.charged(charges, day) | {s for s in signers if s and self.in_office(s, day)}:
                if person not in self.kin.close(official, day):
                    continue
                level = "high" if official in signers or self.holds(official, f"cadre {village}", day) else "medium"
                level = "low" if self.filed(official, person, day) else level
                self.lead("benefit_to_relative", level, (official, person), (code,))
        for row in self.applications.values():
            if row["审批结果"] == "同意" and self.programmes[row["项目编码"]]["发放方式"] == "审核":
                hands = {
                    "handler": row["经办人身份证号"],
                    "reviewer": row["审核人身份证号"],
                    "approver": row["审批人身份证号"],
                }
                self.signed(row["申请人身份证号"], row["项目编码"], hands, day_of(row["审批日期"]))

    def signed(self, person: str, code: str, hands: dict[str, str], day: date) -> None:
        for hand, signer in hands.items():
            level = "high" if hand == "approver" else "medium"
            if signer == person:
                self.lead("self_approved", level, (signer,), (code,))
            elif signer and person in self.kin.close(signer, day):
                level = "low" if self.filed(signer, person, day) else level
                self.lead("approved_for_relative", level, (signer, person), (code,))

    def read_accounts(self) -> None:
        holders = {row["账号"]: row["户主身份证号"] for row in self.tables["银行账户"]}
        for row in self.tables["补贴发放"]:
            person, holder, day = row["身份证号"], holders[row["账号"]], day_of(row["发放日期"])
            if holder == person or self.kin.household.get(holder) == self.kin.household.get(person):
                continue
            if person in self.kin.close(holder, day) or holder in self.kin.close(person, day):
                continue
            village = row["村编码"] or self.homes[person]
            people = self.charged(self.place_charges(village), day)
            if holder in people or any(holder in self.kin.close(official, day) for official in people):
                self.lead("payment_to_other_account", "high", (holder, person), ())

    def read_deaths(self) -> None:
        deaths: dict[str, dict[str, date]] = defaultdict(dict)
        for row in self.tables["死亡人员"]:
            deaths[row["身份证号"]][row["数据来源"]] = day_of(row["死亡日期"])
        signs: dict[str, list[date]] = defaultdict(list)
        for row in self.tables["婚姻登记"]:
            for person in (row["男方身份证号"], row["女方身份证号"]):
                signs[person].append(day_of(row["登记日期"]))
        for row in self.tables["补贴申请"]:
            signs[row["申请人身份证号"]].append(day_of(row["受理日期"]))
        for row in self.tables["车辆"]:
            signs[row["所有人身份证号"]].append(day_of(row["登记日期"]))
        for row in self.tables["股东高管"]:
            signs[row["身份证号或信用代码"]].append(day_of(row["起始日期"]))
        for row in self.tables["补贴发放"]:
            sources = deaths.get(row["身份证号"])
            if sources:
                died, paid = max(sources.values()), day_of(row["发放日期"])
                if (paid.year, paid.month) > (died.year, died.month):
                    alive = any(day > died for day in signs[row["身份证号"]])
                    level = "high" if len(sources) > 1 and not alive else "verify"
                    self.lead("paid_after_death", level, (row["身份证号"],), (row["项目编码"],))

    # -- projects ------------------------------------------------------------------------------------------------------

    def read_projects(self) -> None:
        self.roles: dict[str, list[tuple[str, str, float, date, date]]] = defaultdict(list)
        for row in self.tables["经营主体"]:
            code, founded = row["统一社会信用代码"], day_of(row["成立日期"])
            self.roles[code].append((row["法定代表人身份证号"], "法定代表人", 0.0, founded, FOREVER[1]))
        for row in self.tables["股东高管"]:
            share = float(row["持股比例"] or 0)
            span = (day_of(row["起始日期"]), day_of(row["终止日期"]))
            self.roles[row["统一社会信用代码"]].append((row["身份证号或信用代码"], row["角色"], share, *span))
        self.firms_of: dict[str, set[str]] = defaultdict(set)
        for code, roles in self.roles.items():
            for holder, *_ in roles:
                self.firms_of[holder].add(code)
        self.firm_accounts = {row["账号"]: row["户主身份证号"] for row in self.tables["银行账户"]}
        bids, contracts, changes, vouchers = (defaultdict(list) for _ in range(4))
        for row in self.tables["招投标"]:
            bids[row["项目编号"]].append(row)
        for row in self.tables["合同"]:
            contracts[row["项目编号"]].append(row)
        for row in self.tables["合同变更"]:
            changes[row["合同编号"]].append(row)
        for row in self.tables["支出凭证"]:
            vouchers[row["合同编号"]].append(row)
        for project in self.tables["项目库"]:
            for contract in contracts[project["项目编号"]]:
                number = contract["合同编号"]
                self.read_contract(project, contract, bids[project["项目编号"]], changes[number], vouchers[number])

    def powers(self, project: Row, contract: Row) -> set[str]:
        day = day_of(contract["签订日期"])
        people = self.charged((*self.place_charges(project["村编码"]), f"unit {project['主管单位']}"), day)
        named = {project["项目负责人身份证号"], contract["签订人身份证号"]}
        return people | {person for person in named if self.in_office(person, day)}

    def read_contract(
        self, project: Row, contract: Row, bids: list[Row], changes: list[Row], vouchers: list[Row]
    ) -> None:
        number, code = project["项目编号"], contract["乙方信用代码"]
        winners = {b["投标人信用代码"] for b in bids if b["是否中标"] == "是"}
        second = {b["投标人信用代码"] for b in bids if b["候选排名"] == "2"}
        swaps = [c for c in changes if c["变更类型"] == "承包商"]
        approved = {c["新乙方信用代码"] for c in swaps if c["批准文号"]}
        recorded = {c["新乙方信用代码"] for c in swaps}
        newcomers: set[str] = set()
        if winners and code not in winners and not (code in second and code in recorded) and code not in approved:
            for bid in bids:
                if bid["是否中标"] == "是":
                    lot = f"{number}#{bid['标段']}"
                    level = "low" if code in second else "high"
                    self.lead("winner_not_contractor", level, (), (number, lot, bid["投标人信用代码"], code))
                    if level == "high":
                        newcomers.add(code)
        for swap in swaps:
            old, new = swap["原乙方信用代码"], swap["新乙方信用代码"]
            if old != new and not swap["批准文号"] and new not in second:
                self.lead("contractor_changed", "high", (), (contract["合同编号"], old, new))
                newcomers.add(new)
        paid: dict[str, float] = defaultdict(float)
        for voucher in vouchers:
            if not any(word in voucher["摘要"] for word in ("工资", "材料")):
                payee = voucher["收款人证件号"] or self.firm_accounts.get(voucher["收款账号"], voucher["收款人"])
                paid[payee] += float(voucher["金额"])
        for payee, total in paid.items():
            if payee != code and payee not in approved and total >= 0.1 * float(contract["合同金额（元）"]):
                person = payee[:6] == "430500" or payee in self.homes or payee not in self.roles
                key = ((payee,), (contract["合同编号"],)) if person else ((), (contract["合同编号"], payee))
                self.lead("payee_not_contractor", "medium", *key)
                newcomers.add(payee)
        day = day_of(contract["签订日期"])
        powers = self.powers(project, contract)
        involved = {code} | {v["收款人证件号"] for v in vouchers} | (winners if len(winners) == 1 else set())
        for firm in involved & set(self.roles):
            self.read_firm(number, firm, powers, day, own=firm == code or firm in paid)
        for firm in newcomers:
            for official in powers & self.within_three(firm, day):
                self.lead("swapped_to_connected", "high", (official,), (number, firm))

    def read_firm(self, project: str, firm: str, powers: set[str], day: date, own: bool) -> None:
        for holder, role, share, start, end in self.roles[firm]:
            if not start <= day < end:
                continue
            strong = role != "监事" and (role != "股东" or share >= 10)
            if own and holder in powers and role != "监事":
                self.lead("own_company_contract", "high", (holder,), (firm, project))
            for official in powers:
                if holder in self.kin.close(official, day):
                    level = "high" if strong else "medium"
                    level = "low" if self.filed(official, holder, day) else level
                    self.lead("project_to_relative_company", level, (official,), (firm, project))

    def within_three(self, firm: str, day: date) -> set[str]:
        seen, level = {firm}, {firm}
        for _ in range(3):
            level = {other for one in level for other in self.next_to(one, day)} - seen
            seen |= level
        return seen

    def next_to(self, one: str, day: date) -> Iterator[str]:
        for holder, _, _, start, end in self.roles.get(one, ()):
            if start <= day < end:
                yield holder
        for firm in self.firms_of.get(one, ()):
            if any(h == one and start <= day < end for h, _, _, start, end in self.roles[firm]):
                yield firm
        yield from self.kin.steps(one, day)
