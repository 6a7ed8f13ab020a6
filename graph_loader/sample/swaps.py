"""Plants around projects: relatives' and own firms, changed contractors and payees, and what only looks like them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from graph_loader.sample.casting import (
    Cast,
    Tie,
    Ties,
    child_ties,
    cousin_ties,
    distant_ties,
    former_in_law_ties,
    in_law_ties,
    nephew_ties,
    parent_ties,
    sibling_ties,
    spouse_ties,
    wider_in_law_ties,
)
from graph_loader.sample.county import Contract, Firm, Role
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.jobs import Job, contract_with, drop, new_firm, swap, tendered
from graph_loader.sample.offices import Post, place_keys
from graph_loader.sample.relatives import close_kin
from graph_loader.sample.works import outsider, pay_contract, project_keys, sign, spend, tender

WINNER, CHANGED, PAYEE = "winner_not_contractor", "contractor_changed", "payee_not_contractor"
CONNECTED, RELATIVE, OWN = "swapped_to_connected", "project_to_relative_company", "own_company_contract"
LOSER = "loser_returns"
CLOSEST = (spouse_ties, sibling_ties, parent_ties, child_ties)


def plant_swaps(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


def swap_things(job: Job, firm: Firm) -> list[str]:
    return [job.project.number, job.lot, job.winner.code, firm.code]


# -- who has a say -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """A project, an official with a say over it through `post`, and (except for own firms) a relative."""

    job: Job
    post: Post
    tie: Tie

    @property
    def official(self) -> Person:
        return self.post.person

    @property
    def relative(self) -> Person:
        return self.tie.relative


def settings(
    cast: Cast,
    posts: list[Post],
    ties: Sequence[Ties],
    in_post: bool = True,
    sound: Callable[[Post, Tie], bool] | None = None,
) -> Iterator[Setting]:
    """Projects within an official's say, with a relative near whom no other official with a say stands."""
    county = cast.county
    for post in posts:
        if in_post and (post.end is not None or post.start > AS_OF - timedelta(days=600)):
            continue
        for tie in (tie for kind in ties for tie in kind(post.person)):
            if not cast.may_trade(tie.relative) or (sound and not sound(post, tie)):
                continue
            village = post.village or (
                cast.dice.choice(post.town.villages) if post.town else cast.dice.choice(county.villages)
            )
            unit = post.unit or None
            keys = project_keys(village, unit or "")
            if unit and not any(unit.endswith(name) for name in ("局", "人民政府")):
                continue
            near = county.offices.entangled(tie.relative, keys)
            if near != {post.person}:
                continue
            since = max(post.start, tie.since) if in_post else last_end(cast, post.person)
            job = tendered(cast, village, unit, since + timedelta(days=1))
            if job is None:
                continue
            if county.offices.entangled(tie.relative, project_keys(village, job.project.unit)) == {post.person}:
                yield Setting(job, post, tie)
            else:
                drop(cast, job)


def last_end(cast: Cast, official: Person) -> date:
    """The day on which somebody left the last of his posts; today if he is in post."""
    return max(post.end or AS_OF for post in cast.county.offices.by_person[official])


def held_on(setting: Setting, contract: Contract) -> bool:
    return setting.post.holds(contract.signed)


# -- winner_not_contractor, contractor_changed, payee_not_contractor ---------------------------------------------------


def contract_with_a_stranger(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        pay_contract(cast.county, contract_with(cast, job, firm))
        cast.wrong(WINNER, "high", [], swap_things(job, firm), "签约人不是中标人，也未参加投标")


def contract_with_a_loser(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = job.bids[2].firm
        pay_contract(cast.county, contract_with(cast, job, firm))
        cast.wrong(WINNER, "high", [], swap_things(job, firm), "签约人是第三名，不是中标人，也不是依次递补")
        cast.wrong(LOSER, "medium", [], [job.project.number, firm.code], "落标的第三名签了合同")


def changed_before_signing(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, firm)
        swap(cast, contract, job.winner, firm, -3)
        pay_contract(cast.county, contract)
        cast.wrong(WINNER, "high", [], swap_things(job, firm), "变更无批准文号，新承包商未参加投标")
        things = [contract.number, job.winner.code, firm.code]
        cast.wrong(CHANGED, "high", [], things, "承包商变更没有批准文号，新承包商不是下一名候选人")


def changed_unpaid(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        swap(cast, contract, job.winner, firm, 70)
        pay_contract(cast.county, contract, parts=(0.3,))
        things = [contract.number, job.winner.code, firm.code]
        cast.wrong(CHANGED, "high", [], things, "承包商变更没有批准文号，尚未付款")


def changed_and_paid(cast: Cast, loser: bool = False) -> None:
    job = tendered(cast)
    if job:
        firm = job.bids[3].firm if loser else new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        swap(cast, contract, job.winner, firm, 20)
        if pay_contract(cast.county, contract, firm, (0.4, 0.3), later=25):
            cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "工程款付给未经批准变更的承包商")
        things = [contract.number, job.winner.code, firm.code]
        cast.wrong(CHANGED, "high", [], things, "承包商变更没有批准文号")
        if loser:
            cast.wrong(LOSER, "medium", [], [job.project.number, firm.code], "落标人未经批准接手合同并收款")


def changed_to_a_loser(cast: Cast) -> None:
    changed_and_paid(cast, loser=True)


def paid_to_a_stranger(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3,))
        pay_contract(cast.county, contract, firm, (0.45,), later=60)
        cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "合同价45%付给既非乙方也非其继受人的公司")


def paid_to_a_loser(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = job.bids[2].firm
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, firm, (0.5, 0.3))
        cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "工程款付给落标人，合同未变更")
        cast.wrong(LOSER, "medium", [], [job.project.number, firm.code], "中标人的合同，工程款付给落标人")


def paid_to_a_person(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        person = outsider(cast.county)
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3,))
        account = cast.county.own_account(person)
        day = contract.signed + timedelta(days=80)
        note = f"{job.project.name}工程款"
        spend(cast.county, contract, day, note, contract.amount * 0.25, person.name, person.id, account.number)
        cast.wrong(PAYEE, "medium", [person], [contract.number], "合同价25%的工程款付给个人")


# -- their look-alikes -------------------------------------------------------------------------------------------------


def renamed(cast: Cast) -> None:
    """Won under the old name, signed and paid under the new one: the same credit code."""
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        old = firm.name.replace("有限公司", "有限责任公司")
        firm.former_name = old
        winning = job.bids[0]
        winning.firm, winning.name = firm, old
        contract = contract_with(cast, job, firm)
        done = swap(cast, contract, firm, firm, 30, reason="企业名称变更")
        done.old_name = old
        pay_contract(cast.county, contract)
        cast.lookalike(WINNER, None, [], swap_things(job, firm), "企业更名，统一社会信用代码相同")
        cast.lookalike(CHANGED, None, [], [contract.number, firm.code, firm.code], "企业更名，统一社会信用代码相同")


def renamed_payee(cast: Cast) -> None:
    """The contract names the old name, the vouchers the new one."""
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        firm.former_name = firm.name.replace("有限公司", "有限责任公司")
        job.bids[0].firm, job.bids[0].name = firm, firm.former_name
        contract = contract_with(cast, job, firm)
        contract.name = firm.former_name
        pay_contract(cast.county, contract)
        cast.lookalike(PAYEE, None, [], [contract.number, firm.code], "收款人是更名后的乙方，统一社会信用代码相同")


def approved_second(cast: Cast) -> None:
    """The winner withdrew, the second was approved before signing."""
    job = tendered(cast)
    if job:
        second = job.bids[1].firm
        contract = contract_with(cast, job, second)
        swap(cast, contract, job.winner, second, -4, approved=True, reason="第一候选人放弃中标")
        pay_contract(cast.county, contract)
        why = "第一候选人放弃，第二候选人经批准递补，变更有批准文号"
        cast.lookalike(WINNER, None, [], swap_things(job, second), why)
        cast.lookalike(LOSER, None, [], [job.project.number, second.code], why)
        cast.lookalike(CHANGED, None, [], [contract.number, job.winner.code, second.code], why)


def approved_later(cast: Cast) -> None:
    """Signed with the winner, who gave up; the second took over with approval and was paid."""
    job = tendered(cast)
    if job:
        second = job.bids[1].firm
        contract = contract_with(cast, job, job.winner)
        swap(cast, contract, job.winner, second, 25, approved=True, reason="原承包商退出")
        pay_contract(cast.county, contract, second, (0.4, 0.4), later=30)
        why = "签约后退出，第二候选人经批准接替"
        cast.lookalike(LOSER, None, [], [job.project.number, second.code], why)
        cast.lookalike(CHANGED, None, [], [contract.number, job.winner.code, second.code], why)
        cast.lookalike(PAYEE, None, [], [contract.number, second.code], why)


def next_ranked_on_record(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        second = job.bids[1].firm
        contract = contract_with(cast, job, second)
        swap(cast, contract, job.winner, second, -2, reason="第一候选人未按时签约")
        pay_contract(cast.county, contract)
        why = "下一名候选人递补，变更有记录，没有批准文号"
        cast.lookalike(LOSER, None, [], [job.project.number, second.code], why)
        cast.lookalike(WINNER, None, [], swap_things(job, second), why)
        cast.lookalike(CHANGED, None, [], [contract.number, job.winner.code, second.code], why)


def next_ranked_off_record(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        second = job.bids[1].firm
        pay_contract(cast.county, contract_with(cast, job, second))
        why = "下一名候选人签约，没有任何变更记录"
        cast.lookalike(WINNER, "low", [], swap_things(job, second), why)
        cast.lookalike(LOSER, "low", [], [job.project.number, second.code], why)


def approved_third(cast: Cast) -> None:
    """The first two withdrew, the third was approved before signing: not the next in rank, and yet on paper."""
    job = tendered(cast)
    if job:
        third = job.bids[2].firm
        contract = contract_with(cast, job, third)
        swap(cast, contract, job.winner, third, -5, approved=True, reason="第一、第二候选人均放弃")
        pay_contract(cast.county, contract)
        why = "前两名放弃，第三候选人经批准递补"
        cast.lookalike(LOSER, "low", [], [job.project.number, third.code], why)
        cast.lookalike(WINNER, None, [], swap_things(job, third), why)
        cast.lookalike(CHANGED, None, [], [contract.number, job.winner.code, third.code], why)


def loser_pays_wages(cast: Cast) -> None:
    """A bidder that lost lends its labour and is paid their wages, as the note says."""
    job = tendered(cast)
    if job:
        firm = job.bids[3].firm
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3, 0.4))
        pay_contract(cast.county, contract, firm, (0.2,), note="代发农民工工资", later=30)
        why = "落标人代发农民工工资，摘要写明"
        cast.lookalike(LOSER, None, [], [job.project.number, firm.code], why)
        cast.lookalike(PAYEE, None, [], [contract.number, firm.code], why)


def lost_one_lot_won_another(cast: Cast) -> None:
    job = tendered(cast, method="公开招标", amount=1_600_000)
    if job:
        loser = job.bids[1].firm
        for bid in job.bids:
            bid.price //= 2
        second = tender(cast.county, job.project, [loser, job.bids[2].firm, job.bids[3].firm], "2", 0.5)
        pay_contract(cast.county, contract_with(cast, job, job.winner))
        pay_contract(cast.county, sign(cast.county, job.project, loser, second[0].price, second[0].opened))
        cast.lookalike(LOSER, None, [], [job.project.number, loser.code], "一标段落标，二标段中标，按二标段签约")


def consortium(cast: Cast) -> None:
    """One bidder under the leader's code; its members are named in another order in the contract."""
    job = tendered(cast)
    if job:
        leader, member = job.winner, new_firm(cast)
        job.bids[0].name = f"{leader.name}、{member.name}（联合体）"
        contract = contract_with(cast, job, leader)
        contract.name = f"{member.name}、{leader.name}（联合体）"
        pay_contract(cast.county, contract)
        cast.lookalike(WINNER, None, [], swap_things(job, leader), "联合体以牵头人代码投标和签约，成员排列顺序不同")


def approved_newcomer(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        swap(cast, contract, job.winner, firm, 60, approved=True, reason="原承包商破产，经批准重新确定")
        pay_contract(cast.county, contract, parts=(0.3,))
        cast.lookalike(CHANGED, None, [], [contract.number, job.winner.code, firm.code], "变更有批准文号")


def small_share(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3, 0.5))
        pay_contract(cast.county, contract, firm, (0.06,), note="检测费", later=40)
        cast.lookalike(PAYEE, None, [], [contract.number, firm.code], "付给第三方不足合同价的10%")


def wages(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(
            cast, name=f"清漪县{cast.dice.choice('安民丰康顺和')}{cast.county.numbers.next('labour')}号劳务有限公司"
        )
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3, 0.4))
        pay_contract(cast.county, contract, firm, (0.2,), note="代发农民工工资", later=40)
        cast.lookalike(PAYEE, None, [], [contract.number, firm.code], "按协议直接代发农民工工资")


def materials(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        firm = new_firm(cast)
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=(0.3, 0.3))
        pay_contract(cast.county, contract, firm, (0.3,), note="材料款直接支付", later=40)
        cast.lookalike(PAYEE, None, [], [contract.number, firm.code], "按协议直接支付材料款")


def own_account_under_another_name(cast: Cast) -> None:
    """The payee is written as the contractor's site office; the account is the contractor's own."""
    job = tendered(cast)
    if job:
        contract = contract_with(cast, job, job.winner)
        name = f"{job.winner.name}项目部"
        for days, part in ((40, 0.4), (80, 0.4)):
            day = contract.signed + timedelta(days=days)
            note = f"{job.project.name}工程款"
            spend(cast.county, contract, day, note, contract.amount * part, name, "", job.winner.account.number)
        cast.lookalike(PAYEE, None, [], [contract.number, f"名称:{name}"], "收款账号是乙方自己的对公账户")


# -- project_to_relative_company ---------------------------------------------------------------------------------------


def win(cast: Cast, job: Job, firm: Firm) -> Contract:
    """The firm takes the winner's place in the tender, signs and is paid."""
    job.bids[0].firm = firm
    contract = contract_with(cast, job, firm)
    pay_contract(cast.county, contract)
    return contract


def relative_wins(cast: Cast, posts: list[Post], ties: Sequence[Ties], part: str, level: str) -> None:
    for setting in settings(cast, posts, ties):
        firm = firm_of(cast, setting.relative, part)
        contract = win(cast, setting.job, firm)
        assert held_on(setting, contract)
        cast.record(setting.official, setting.tie)
        why = f"在任{setting.post.title}的{setting.tie.term}是中标公司的{part}"
        return cast.wrong(RELATIVE, level, [setting.official], [firm.code, setting.job.project.number], why)


def firm_of(cast: Cast, person: Person, part: str) -> Firm:
    """A firm in which the person has one part only; everybody else in it is a stranger."""
    boss = outsider(cast.county)
    match part:
        case "法定代表人":
            return new_firm(cast, person)
        case "股东":
            return new_firm(cast, boss, shareholders=[(boss, 65.0), (person, 35.0)])
        case "小股东":
            return new_firm(cast, boss, shareholders=[(boss, 95.0), (person, 5.0)])
        case "监事":
            return new_firm(cast, boss, supervisor=person)
    firm = new_firm(cast, boss)
    firm.roles.append(Role(person, "经理", None, firm.founded))
    return firm


def cadre_relative_wins(cast: Cast) -> None:
    relative_wins(
        cast, cast.posts(towns=False, units=False), (sibling_ties, child_ties, nephew_ties), "法定代表人", "high"
    )


def town_relative_wins(cast: Cast) -> None:
    posts = cast.posts(cadres=False, units=False)
    relative_wins(cast, posts, (spouse_ties, in_law_ties, wider_in_law_ties, sibling_ties), "股东", "high")


def unit_relative_wins(cast: Cast) -> None:
    posts = cast.posts(cadres=False, towns=False)
    relative_wins(cast, posts, (cousin_ties, nephew_ties, wider_in_law_ties, sibling_ties), "经理", "high")


def relative_supervises(cast: Cast) -> None:
    relative_wins(cast, cast.posts(towns=False), (sibling_ties, child_ties, spouse_ties), "监事", "medium")


def declared_relative_wins(cast: Cast) -> None:
    for setting in settings(cast, cast.posts(), (sibling_ties,)):
        firm = new_firm(cast, setting.relative)
        contract = win(cast, setting.job, firm)
        older = setting.relative.born < setting.official.born
        term = ("哥哥" if older else "弟弟") if setting.relative.male else ("姐姐" if older else "妹妹")
        cast.declare(setting.official, setting.tie, term, contract.signed - timedelta(days=200))
        things = [firm.code, setting.job.project.number]
        return cast.lookalike(RELATIVE, "low", [setting.official], things, "签约前已申报备案")


def namesake_wins(cast: Cast) -> None:
    """The representative is a stranger with the name of the official's brother."""
    for setting in settings(cast, cast.posts(), (sibling_ties,)):
        boss = outsider(cast.county, setting.relative.sex)
        boss.name = setting.relative.name
        firm = new_firm(cast, boss)
        win(cast, setting.job, firm)
        cast.record(setting.official, setting.tie)
        things = [firm.code, setting.job.project.number]
        return cast.lookalike(RELATIVE, None, [setting.official], things, "法定代表人与干部的亲属同名，身份证号不同")


def relative_sold(cast: Cast) -> None:
    for setting in settings(cast, cast.posts(), (sibling_ties, child_ties, parent_ties)):
        boss = outsider(cast.county)
        firm = new_firm(cast, boss)
        firm.roles.append(
            Role(setting.relative, "股东", 30.0, firm.founded, setting.job.project.approved - timedelta(days=60))
        )
        win(cast, setting.job, firm)
        cast.record(setting.official, setting.tie)
        things = [firm.code, setting.job.project.number]
        return cast.lookalike(RELATIVE, None, [setting.official], things, "亲属在签约前已转让股份")


def official_left(cast: Cast) -> None:
    """The contract was signed after the official had left every post of his."""
    for setting in settings(cast, [post for post in cast.posts() if post.end], CLOSEST, in_post=False):
        if setting.tie.since > setting.job.project.approved:
            drop(cast, setting.job)
            continue
        firm = new_firm(cast, setting.relative)
        win(cast, setting.job, firm)
        cast.record(setting.official, setting.tie)
        things = [firm.code, setting.job.project.number]
        return cast.lookalike(RELATIVE, None, [setting.official], things, "签约时该干部已卸任")


def former_in_law_wins(cast: Cast) -> None:
    for setting in settings(cast, cast.posts(), (former_in_law_ties,)):
        if setting.relative in close_kin(setting.official, setting.job.project.approved):
            drop(cast, setting.job)
            continue
        firm = new_firm(cast, setting.relative)
        win(cast, setting.job, firm)
        cast.record(setting.official, setting.tie)
        things = [firm.code, setting.job.project.number]
        return cast.lookalike(
            RELATIVE, None, [setting.official], things, f"签约前已离婚，法定代表人是{setting.tie.term}"
        )


# -- own_company_contract ----------------------------------------------------------------------------------------------


def self_ties(official: Person) -> Iterator[Tie]:
    yield Tie(official, "本人")


def own_settings(cast: Cast, posts: list[Post], in_post: bool = True) -> Iterator[Setting]:
    """Projects within an official's say; no other official with a say is near him."""
    county = cast.county
    for post in posts:
        if post.person in cast.in_firms or post.person.died or county.drawing[post.person]:
            continue
        if in_post and (post.end is not None or post.start > AS_OF - timedelta(days=600)):
            continue
        village = post.village or (
            cast.dice.choice(post.town.villages) if post.town else cast.dice.choice(county.villages)
        )
        if post.unit and not post.unit.endswith(("局", "人民政府")):
            continue
        since = post.start if in_post else last_end(cast, post.person)
        job = tendered(cast, village, post.unit or None, since + timedelta(days=1))
        if job is None:
            continue
        if county.offices.entangled(post.person, project_keys(village, job.project.unit)) == {post.person}:
            yield Setting(job, post, Tie(post.person, "本人"))
        else:
            drop(cast, job)


def own_firm_wins(cast: Cast, posts: list[Post], part: str) -> None:
    for setting in own_settings(cast, posts):
        firm = firm_of(cast, setting.official, part)
        win(cast, setting.job, firm)
        why = f"在任{setting.post.title}是中标公司的{part}"
        return cast.wrong(OWN, "high", [setting.official], [firm.code, setting.job.project.number], why)


def cadre_firm_wins(cast: Cast) -> None:
    own_firm_wins(cast, cast.posts(towns=False, units=False), "法定代表人")


def town_firm_wins(cast: Cast) -> None:
    own_firm_wins(cast, cast.posts(cadres=False, units=False), "股东")


def unit_firm_wins(cast: Cast) -> None:
    own_firm_wins(cast, cast.posts(cadres=False, towns=False), "经理")


def own_but_innocent(cast: Cast, setting: Setting, firm: Firm, why: str) -> None:
    win(cast, setting.job, firm)
    cast.lookalike(OWN, None, [setting.official], [firm.code, setting.job.project.number], why)


def sold_before(cast: Cast) -> None:
    for setting in own_settings(cast, cast.posts()):
        firm = new_firm(cast)
        firm.roles.append(
            Role(setting.official, "股东", 40.0, firm.founded, setting.job.project.approved - timedelta(days=90))
        )
        cast.in_firms.add(setting.official)
        return own_but_innocent(cast, setting, firm, "签约前已转让全部股份")


def only_supervisor(cast: Cast) -> None:
    for setting in own_settings(cast, cast.posts()):
        firm = firm_of(cast, setting.official, "监事")
        return own_but_innocent(cast, setting, firm, "只任监事，不是代表人、股东或经理")


def left_before(cast: Cast) -> None:
    for setting in own_settings(cast, [post for post in cast.posts() if post.end], in_post=False):
        return own_but_innocent(cast, setting, firm_of(cast, setting.official, "法定代表人"), "签约时已卸任")


def in_charge_elsewhere(cast: Cast) -> None:
    """A cadre's firm builds in another town, where he has no say and nobody with a say is near him."""
    for post in cast.posts(towns=False, units=False):
        assert post.village is not None
        villages = [v for v in cast.county.villages if v.town is not post.village.town]
        village = cast.dice.choice(villages)
        if post.end or post.person in cast.in_firms or cast.county.offices.entangled(post.person, place_keys(village)):
            continue
        job = tendered(cast, village)
        if job is None:
            continue
        if cast.county.offices.entangled(post.person, project_keys(village, job.project.unit)):
            drop(cast, job)
            continue
        firm = firm_of(cast, post.person, "法定代表人")
        win(cast, job, firm)
        things = [firm.code, job.project.number]
        return cast.lookalike(OWN, None, [post.person], things, "项目在别的乡镇，不归该干部管")


def namesake_firm(cast: Cast) -> None:
    for setting in own_settings(cast, cast.posts()):
        boss = outsider(cast.county, setting.official.sex)
        boss.name = setting.official.name
        return own_but_innocent(cast, setting, new_firm(cast, boss), "法定代表人与干部同名，身份证号不同")


# -- swapped_to_connected ----------------------------------------------------------------------------------------------


def connected_contract(cast: Cast) -> None:
    """The contract goes to the firm of an official's wife or brother instead of the winner."""
    for setting in settings(cast, cast.posts(), CLOSEST):
        job, firm = setting.job, new_firm(cast, setting.relative)
        contract = contract_with(cast, job, firm)
        pay_contract(cast.county, contract)
        cast.record(setting.official, setting.tie)
        cast.wrong(WINNER, "high", [], swap_things(job, firm), "签约人不是中标人")
        connected(cast, setting, firm, "high")
        return


def connected(cast: Cast, setting: Setting, firm: Firm, level: str | None) -> None:
    number = setting.job.project.number
    why = f"更换后的公司与有权干部相距不超过三步（{setting.tie.term}）"
    cast.wrong(CONNECTED, "high", [setting.official], [number, firm.code], why)
    if level:
        why = f"在任{setting.post.title}的{setting.tie.term}是更换后公司的负责人"
        cast.wrong(RELATIVE, level, [setting.official], [firm.code, number], why)


def connected_change(cast: Cast) -> None:
    """The contract is changed, without approval, to the firm of a relative, which is then paid."""
    for setting in settings(cast, cast.posts(), (*CLOSEST, in_law_ties)):
        job, firm = setting.job, new_firm(cast, setting.relative)
        contract = contract_with(cast, job, job.winner)
        swap(cast, contract, job.winner, firm, 15)
        pay_contract(cast.county, contract, firm, (0.4, 0.3), later=18)
        cast.record(setting.official, setting.tie)
        things = [contract.number, job.winner.code, firm.code]
        cast.wrong(CHANGED, "high", [], things, "承包商变更没有批准文号")
        cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "工程款付给未经批准变更的承包商")
        connected(cast, setting, firm, "high")
        return


def connected_payee(cast: Cast) -> None:
    """The money goes to the firm of an official's business partner: no kin, three steps over another firm."""
    for setting in own_settings(cast, cast.posts()):
        job, partner = setting.job, outsider(cast.county)
        new_firm(cast, partner, shareholders=[(partner, 80.0), (setting.official, 20.0)])
        firm = new_firm(cast, partner)
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, firm, (0.5, 0.3))
        cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "工程款付给第三方公司")
        connected(cast, setting, firm, None)
        return


def connected_owner(cast: Cast) -> None:
    """The newcomer belongs to a firm in which the official's wife or brother holds a share."""
    for setting in settings(cast, cast.posts(), (spouse_ties, parent_ties, child_ties)):
        job, boss = setting.job, outsider(cast.county)
        mother = new_firm(cast, boss, shareholders=[(boss, 60.0), (setting.relative, 40.0)])
        front = outsider(cast.county)
        firm = new_firm(cast, front, shareholders=[(front, 30.0)])
        firm.roles.append(Role(mother, "股东", 70.0, firm.founded))
        pay_contract(cast.county, contract_with(cast, job, firm))
        cast.record(setting.official, setting.tie)
        cast.wrong(WINNER, "high", [], swap_things(job, firm), "签约人不是中标人")
        connected(cast, setting, firm, None)
        return


def own_firm_steps_in(cast: Cast) -> None:
    """The payee instead of the contractor is the official's own firm."""
    for setting in own_settings(cast, cast.posts(towns=False, units=False)):
        job, firm = setting.job, firm_of(cast, setting.official, "法定代表人")
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, firm, (0.4, 0.4))
        cast.wrong(PAYEE, "medium", [], [contract.number, firm.code], "工程款付给第三方公司")
        cast.wrong(
            OWN,
            "high",
            [setting.official],
            [firm.code, job.project.number],
            f"在任{setting.post.title}自己的公司收取工程款",
        )
        connected(cast, setting, firm, None)
        return


def swapped_to_distant(cast: Cast) -> None:
    """The newcomer's representative is a sister-in-law's brother: too many steps, and no kin by the rules."""
    for setting in settings_beyond(cast, cast.posts(), distant_ties):
        swap_only(cast, setting, new_firm(cast, setting.relative), f"更换后公司的负责人是{setting.tie.term}，超过三步")
        return


def settings_beyond(cast: Cast, posts: list[Post], ties: Ties) -> Iterator[Setting]:
    """Like `settings`, for relatives outside the circle: no official with a say is near them at all."""
    for post in posts:
        if post.end is not None or post.start > AS_OF - timedelta(days=600):
            continue
        if post.unit and not post.unit.endswith(("局", "人民政府")):
            continue
        for tie in ties(post.person):
            if not cast.may_trade(tie.relative):
                continue
            places = cast.county.villages
            village = post.village or cast.dice.choice(post.town.villages if post.town else places)
            job = tendered(cast, village, post.unit or None, max(post.start, tie.since) + timedelta(days=1))
            if job is None:
                continue
            if not cast.county.offices.entangled(tie.relative, project_keys(village, job.project.unit)):
                yield Setting(job, post, tie)
            else:
                drop(cast, job)


def swap_only(cast: Cast, setting: Setting, firm: Firm, why: str) -> None:
    """The swap is wrong; that it is connected is not so."""
    job = setting.job
    pay_contract(cast.county, contract_with(cast, job, firm))
    if setting.tie.relative is not setting.official:
        cast.record(setting.official, setting.tie)
    cast.wrong(WINNER, "high", [], swap_things(job, firm), "签约人不是中标人，也未参加投标")
    cast.lookalike(CONNECTED, None, [setting.official], [job.project.number, firm.code], why)


def swapped_after_sale(cast: Cast) -> None:
    for setting in settings(cast, cast.posts(), CLOSEST):
        firm = new_firm(cast)
        firm.roles.append(
            Role(setting.relative, "股东", 45.0, firm.founded, setting.job.project.approved - timedelta(days=45))
        )
        return swap_only(cast, setting, firm, "干部亲属在签约前已转让股份")


def swapped_after_leaving(cast: Cast) -> None:
    for setting in settings(cast, [post for post in cast.posts() if post.end], CLOSEST, in_post=False):
        if setting.tie.since > setting.job.project.approved:
            drop(cast, setting.job)
            continue
        return swap_only(cast, setting, new_firm(cast, setting.relative), "签约时该干部已卸任")


def swapped_to_former_wife(cast: Cast) -> None:
    for setting in settings(cast, cast.posts(), (former_spouse_ties,)):
        if setting.relative in close_kin(setting.official, setting.job.project.approved):
            drop(cast, setting.job)
            continue
        if hops(setting.relative, setting.official, setting.job.project.approved) <= 3:
            drop(cast, setting.job)
            continue
        return swap_only(
            cast, setting, new_firm(cast, setting.relative), "更换后公司的负责人与干部在签约前已离婚，无子女"
        )


def former_spouse_ties(official: Person) -> Iterator[Tie]:
    """Former spouses with whom there are no children, who would still be two steps away through a child."""
    for marriage in official.marriages:
        former = marriage.other(official)
        if marriage.end and not set(official.children) & set(former.children):
            yield Tie(former, "前配偶", (), (marriage,), marriage.end)


def hops(person: Person, official: Person, day: date) -> int:
    """Steps from a firm over this person to the official: its role, then parents, children, siblings and spouses."""
    level, steps, seen = {person}, 1, {person}
    while official not in level and steps < 5:
        following: set[Person] = set()
        for one in level:
            spouse = one.spouse(day)
            following.update(one.parents(), one.children, one.siblings(), [spouse] if spouse else [])
        level = following - seen
        seen |= level
        steps += 1
    return steps


def approved_and_declared(cast: Cast) -> None:
    """The second candidate, a declared brother's firm, took over with approval: no swap, and a known relation."""
    for setting in settings(cast, cast.posts(), (sibling_ties,)):
        job, firm = setting.job, new_firm(cast, setting.relative)
        job.bids[1].firm = firm
        contract = contract_with(cast, job, firm)
        swap(cast, contract, job.winner, firm, -4, approved=True, reason="第一候选人放弃中标")
        pay_contract(cast.county, contract)
        older = setting.relative.born < setting.official.born
        term = ("哥哥" if older else "弟弟") if setting.relative.male else ("姐姐" if older else "妹妹")
        cast.declare(setting.official, setting.tie, term, contract.signed - timedelta(days=300))
        number = job.project.number
        why = "经批准的第二候选人，不是擅自更换；亲属关系已申报"
        cast.lookalike(CONNECTED, None, [setting.official], [number, firm.code], why)
        cast.lookalike(RELATIVE, "low", [setting.official], [firm.code, number], "签约前已申报备案")
        cast.lookalike(WINNER, None, [], swap_things(job, firm), "第二候选人经批准递补")
        return


def swapped_elsewhere(cast: Cast) -> None:
    """The newcomer belongs to a cadre's brother, but the cadre has no say over this project."""
    for post in cast.posts(towns=False, units=False):
        assert post.village is not None
        for tie in sibling_ties(post.person):
            if not cast.may_trade(tie.relative) or post.end:
                continue
            village = cast.dice.choice([v for v in cast.county.villages if v.town is not post.village.town])
            if cast.county.offices.entangled(tie.relative, place_keys(village)):
                continue
            job = tendered(cast, village)
            if job is None:
                continue
            if cast.county.offices.entangled(tie.relative, project_keys(village, job.project.unit)):
                drop(cast, job)
                continue
            setting = Setting(job, post, tie)
            return swap_only(cast, setting, new_firm(cast, tie.relative), "相关干部在别的乡镇任职，不管该项目")


PLANTS = (
    contract_with_a_stranger, contract_with_a_loser, changed_before_signing, changed_unpaid, changed_and_paid,
    changed_to_a_loser, paid_to_a_stranger, paid_to_a_loser, paid_to_a_person, renamed, renamed_payee, approved_second,
    approved_later, next_ranked_on_record, next_ranked_off_record, approved_third, loser_pays_wages,
    lost_one_lot_won_another, consortium, approved_newcomer, small_share, wages,
    materials, own_account_under_another_name, cadre_relative_wins, town_relative_wins, unit_relative_wins,
    relative_supervises, declared_relative_wins, namesake_wins, relative_sold, official_left, former_in_law_wins,
    cadre_firm_wins, town_firm_wins, unit_firm_wins, sold_before, only_supervisor, left_before, in_charge_elsewhere,
    namesake_firm, connected_contract, connected_change, connected_payee, connected_owner, own_firm_steps_in,
    swapped_to_distant, swapped_after_sale, swapped_after_leaving, swapped_to_former_wife, approved_and_declared,
    swapped_elsewhere,
)  # fmt: skip
