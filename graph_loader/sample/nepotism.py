"""Plants for what relatives get beside a single benefit: many of them, in exchange, posts, quotas, hidden firms.

At the end whatever benefit_to_relative has is looked at again for undeclared_relative, relative_public_post and
quota_occupied_by_relative: the same scene is a lead, or a look-alike, of these as well.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import comb

from graph_loader.sample.afterlife import UNLISTED
from graph_loader.sample.benefits import authority, register, unconnected
from graph_loader.sample.casting import (
    ANY_TIE,
    AUDITED,
    BLOOD,
    Cast,
    Scene,
    Tie,
    Ties,
    child_ties,
    distant_ties,
    in_law_ties,
    margin,
    parent_ties,
    sibling_ties,
    wider_in_law_ties,
)
from graph_loader.sample.county import Firm, Stream, Truth
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.favours import (
    TO,
    cadre_and_kin,
    declared,
    declared_before,
    distant,
    grant,
    near_but,
    official_and_kin,
    retired_before,
    sibling_term,
)
from graph_loader.sample.holdings import HOME, buy_house
from graph_loader.sample.offices import Post
from graph_loader.sample.payments import pay_day
from graph_loader.sample.programmes import BY_NAME, PROGRAMMES, Programme
from graph_loader.sample.relatives import close_kin
from graph_loader.sample.swaps import contract_with, new_firm, tendered
from graph_loader.sample.works import outsider, pay_contract

UNDECLARED, CLUSTER, MUTUAL = "undeclared_relative", "relative_cluster", "mutual_favour"
HIDDEN, PUBLIC_POST, QUOTA = "hidden_link_company", "relative_public_post", "quota_occupied_by_relative"
JOBS = (BY_NAME["公益性岗位补贴"], BY_NAME["生态护林员补助"])
QUOTAS = tuple(BY_NAME[name] for name in ("地质灾害避险搬迁补助", "雨露计划", "农村低保", "困难残疾人生活补贴"))
SHARED_OUT = (*JOBS, BY_NAME["困难残疾人生活补贴"], BY_NAME["产业发展奖补"])


def plant_nepotism(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


# -- relative_public_post ----------------------------------------------------------------------------------------------


def cadres_brother_has_a_post(cast: Cast) -> None:
    cadre_and_kin(cast, (sibling_ties, child_ties), JOBS)


def towns_kin_has_a_post(cast: Cast) -> None:
    official_and_kin(cast, cast.posts(cadres=False, units=False), ANY_TIE, JOBS)


def departments_kin_has_a_post(cast: Cast) -> None:
    official_and_kin(cast, cast.posts(cadres=False, towns=False), ANY_TIE, JOBS)


def declared_post(cast: Cast) -> None:
    declared_before(cast, JOBS)


def post_after_retirement(cast: Cast) -> None:
    retired_before(cast, JOBS)


def post_of_distant_kin(cast: Cast) -> None:
    distant(cast, JOBS)


def had_the_post_first(cast: Cast) -> None:
    """On the register before the official took office; the pay goes on in his term."""
    for post, tie, programme in near_but(cast, cast.posts(), ANY_TIE, JOBS):
        starts = [other.start for other in cast.county.offices.by_person[post.person]]
        day = cast.between(max(tie.since, cast.county.size.first_month), min(starts) - timedelta(days=40))
        if day:
            cast.record(post.person, tie)
            cast.pay(cast.apply(programme, tie.relative, day, post.person))
            people = [post.person, tie.relative]
            return cast.lookalike(TO, None, people, [programme.code], "上岗在先，该干部任职在后")


# -- quota_occupied_by_relative ----------------------------------------------------------------------------------------


def strike(cast: Cast, person: Person, programme: Programme) -> None:
    """Takes somebody off the programme's register."""
    gone = cast.entries(person, programme.register)
    cast.county.registrations[:] = [row for row in cast.county.registrations if row not in gone]


def quota_scenes(cast: Cast, posts: list[Post]) -> Iterator[Scene]:
    """Scenes in which nobody of the household is on the register, on which the relative will be looked for."""
    for scene in cast.scenes(posts, ANY_TIE, QUOTAS):
        assert scene.relative.household is not None
        if not any(cast.entries(member, scene.programme.register) for member in scene.relative.household.members):
            yield scene


def quota_taken(cast: Cast, posts: list[Post], level: str) -> None:
    for scene in quota_scenes(cast, posts):
        what = scene.programme.name
        grant(cast, scene, f"在任{scene.post.title}的{scene.tie.term}领取凭名册发放的{what}", level)
        strike(cast, scene.relative, scene.programme)
        why = f"在任{scene.post.title}的{scene.tie.term}不在{scene.programme.register}名册上，领取{what}"
        cast.wrong(QUOTA, "high", [scene.official, scene.relative], [scene.programme.code], why)
        return cast.wrong(UNLISTED, "medium", [scene.relative], [scene.programme.code], "不在依据名册上")


def cadre_takes_a_quota(cast: Cast) -> None:
    quota_taken(cast, cast.posts(towns=False, units=False), "high")


def town_takes_a_quota(cast: Cast) -> None:
    quota_taken(cast, cast.posts(cadres=False, units=False), "medium")


def department_takes_a_quota(cast: Cast) -> None:
    quota_taken(cast, cast.posts(cadres=False, towns=False), "medium")


def with_declaration(cast: Cast, scene: Scene) -> Stream:
    """The relative is declared in time and paid."""
    declared(cast, scene)
    stream = cast.pay(cast.apply(scene.programme, scene.relative, scene.day, scene.official))
    cast.lookalike(TO, "low", [scene.official, scene.relative], [scene.programme.code], "审批前已申报备案")
    return stream


def list_lags_behind(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(), (sibling_ties,), QUOTAS):
        stream = with_declaration(cast, scene)
        for entry in cast.entries(scene.relative, scene.programme.register):
            entry.start = pay_day(scene.programme, stream.months[0]) + timedelta(days=18)
        people, things = [scene.official, scene.relative], [scene.programme.code]
        return cast.lookalike(QUOTA, None, people, things, "名册滞后不到三十日，已补入")


def listed_under_the_wife(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(), (sibling_ties,), [p for p in QUOTAS if p.household]):
        assert scene.relative.household is not None
        for member in scene.relative.household.living:
            if member is scene.relative or not cast.ordinary(member):
                continue
            with_declaration(cast, scene)
            strike(cast, scene.relative, scene.programme)
            register(cast.county, scene.programme, member, scene.day - timedelta(days=30), None, "入户核定")
            cast.used.add(member)
            people, things = [scene.official, scene.relative], [scene.programme.code]
            return cast.lookalike(QUOTA, "verify", people, things, "名册登记在同户家庭成员名下，先核实")


def quota_without_power(cast: Cast, post: Post, tie: Tie, programme: Programme, day: date, why: str) -> None:
    """Off the register, which is wrong, but not for an official's sake."""
    cast.record(post.person, tie)
    cast.pay(cast.apply(programme, tie.relative, day, post.person))
    strike(cast, tie.relative, programme)
    people, things = [post.person, tie.relative], [programme.code]
    cast.lookalike(QUOTA, None, people, things, why)
    cast.wrong(UNLISTED, "medium", [tie.relative], things, "不在依据名册上")


def quota_after_retirement(cast: Cast) -> None:
    posts = [post for post in cast.posts() if post.end]
    for post, tie, programme in near_but(cast, posts, (*BLOOD, in_law_ties), QUOTAS):
        if off_the_list(cast, tie.relative, programme):
            ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
            first = max(*ends, tie.since, cast.county.size.first_month)
            day = cast.between(first, AS_OF - timedelta(days=margin(programme)))
            if day:
                return quota_without_power(cast, post, tie, programme, day, "该干部审批前已卸任")


def quota_of_distant_kin(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(), (distant_ties,), QUOTAS):
        day = cast.day_in_post(post, programme, tie.since)
        if day and off_the_list(cast, tie.relative, programme) and tie.relative not in close_kin(post.person, day):
            return quota_without_power(cast, post, tie, programme, day, f"远亲（{tie.term}），不在回避范围")


def off_the_list(cast: Cast, person: Person, programme: Programme) -> bool:
    assert person.household is not None
    return not any(cast.entries(member, programme.register) for member in person.household.members)


# -- undeclared_relative -----------------------------------------------------------------------------------------------


def declared_within_the_grace(cast: Cast) -> None:
    """Filed after the approval, but no month after the first payment."""
    for scene in cast.scenes(cast.posts(towns=False, units=False), (sibling_ties,)):
        grant(cast, scene, "亲属关系在审批之后才申报备案", "high")
        stream = cast.county.streams[-1]
        filed = pay_day(scene.programme, stream.months[0]) + timedelta(days=20)
        return cast.declare(scene.official, scene.tie, sibling_term(scene), filed)


# -- relative_cluster --------------------------------------------------------------------------------------------------


def chance(drawn: int, hits: int, paid: int, residents: int) -> float:
    """P(X ≥ hits) where `drawn` of the residents are taken without looking and `paid` of them are paid."""
    ways = sum(comb(paid, k) * comb(residents - paid, drawn - k) for k in range(hits, min(paid, drawn) + 1))
    return ways / comb(residents, drawn)


def kin_at_home(cast: Cast, post: Post, kinds: Sequence[Ties], here: bool = True) -> list[Tie]:
    """Ties to ordinary people of other households, one for each: of the cadre's village, or of all others."""
    found: dict[Person, Tie] = {}
    for tie in (tie for kind in kinds for tie in kind(post.person)):
        relative = tie.relative
        apart = relative.household is not post.person.household
        if apart and (relative.village is post.village) == here and cast.ordinary(relative):
            found.setdefault(relative, tie)
    return cast.dice.sample(list(found.values()), len(found))


def one_a_household(cast: Cast, ties: list[Tie], programme: Programme, near: set[Person]) -> list[Tie]:
    """Those who may draw the programme with just these officials near them, one of each household."""
    chosen: dict[int, Tie] = {}
    for tie in ties:
        relative = tie.relative
        if relative.village is None or relative.household is None or not cast.fits(programme, relative):
            continue
        if cast.county.offices.entangled(relative, authority(programme, relative.village)) == near:
            chosen.setdefault(id(relative.household), tie)
    return list(chosen.values())


def clusters(cast: Cast, number: int) -> Iterator[tuple[Post, Programme, list[Tie]]]:
    """A cadre in post with so many kin of as many households who may draw a programme that few of the village do."""
    county = cast.county
    residents: dict[str, int] = defaultdict(int)
    for household in county.households:
        residents[household.village.code] += len(household.members)
    for post in cast.posts(towns=False, units=False):
        if post.end is not None or post.village is None:
            continue
        kin = kin_at_home(cast, post, ANY_TIE)
        pool = sum(1 for one in close_kin(post.person, AS_OF) if one.village is post.village and one.household)
        for programme in cast.dice.sample(SHARED_OUT, len(SHARED_OUT)):
            chosen = one_a_household(cast, kin, programme, {post.person})[:number]
            if len(chosen) < number:
                continue
            paid = sum(1 for s in county.streams if s.programme is programme and s.village is post.village) + number
            if chance(max(pool, number), number, paid, residents[post.village.code]) < 0.00002:
                yield post, programme, chosen


def scenes_of(cast: Cast, post: Post, programme: Programme, ties: list[Tie]) -> list[Scene]:
    """A day of approval for each tie, in the cadre's term and while the two are close kin."""
    days = [cast.day_in_post(post, programme, tie.since) for tie in ties]
    return [
        Scene(post, tie, programme, post.village, day)
        for tie, day in zip(ties, days, strict=True)
        if day and post.village and tie.relative in close_kin(post.person, day)
    ]


def gathered(cast: Cast, number: int) -> None:
    for post, programme, ties in clusters(cast, number):
        scenes = scenes_of(cast, post, programme, ties)
        if len(scenes) < number:
            continue
        for scene in scenes:
            grant(cast, scene, f"在任{post.title}的{scene.tie.term}在本村领取{programme.name}，未申报", "high")
        why = f"在任{post.title}的{number}名亲属分属{number}户，同领{programme.name}，远超全村比例"
        return cast.wrong(CLUSTER, "high", [post.person], [programme.code], why)


def five_of_a_family(cast: Cast) -> None:
    gathered(cast, 5)


def four_of_a_family(cast: Cast) -> None:
    gathered(cast, 4)


def two_of_a_family(cast: Cast) -> None:
    """Too few to speak of a cluster."""
    for post in cast.posts(towns=False, units=False):
        if post.end is None:
            for programme in cast.dice.sample(SHARED_OUT, len(SHARED_OUT)):
                ties = one_a_household(cast, kin_at_home(cast, post, ANY_TIE), programme, {post.person})
                scenes = scenes_of(cast, post, programme, ties)
                if len(scenes) >= 2:
                    for scene in scenes[:2]:
                        grant(cast, scene, f"在任{post.title}的{scene.tie.term}在本村领取{programme.name}", "high")
                    return cast.lookalike(CLUSTER, None, [post.person], [programme.code], "亲属中只有两人领取")


def no_cluster(cast: Cast, post: Post, programme: Programme, ties: list[Tie], days: list[date], why: str) -> None:
    """The same number of relatives, each for a lawful reason no favour."""
    for tie, day in zip(ties, days, strict=True):
        cast.record(post.person, tie)
        cast.pay(cast.apply(programme, tie.relative, day, post.person))
        cast.lookalike(TO, None, [post.person, tie.relative], [programme.code], why)
    cast.lookalike(CLUSTER, None, [post.person], [programme.code], why)


def family_elsewhere(cast: Cast) -> None:
    """Four relatives in villages where the cadre has no say."""
    for post in cast.posts(towns=False, units=False):
        kin = kin_at_home(cast, post, ANY_TIE, here=False) if post.end is None else []
        for programme in cast.dice.sample(SHARED_OUT, len(SHARED_OUT)):
            ties = one_a_household(cast, kin, programme, set())[:4]
            days = [day for tie in ties if (day := cast.day_in_post(post, programme, tie.since))]
            if len(ties) == len(days) == 4:
                return no_cluster(cast, post, programme, ties, days, "亲属住在别的村，不归该干部管")


def family_of_a_retired_cadre(cast: Cast) -> None:
    for post in [post for post in cast.posts(towns=False, units=False) if post.end]:
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        kin = kin_at_home(cast, post, (*BLOOD, in_law_ties, wider_in_law_ties))
        for programme in cast.dice.sample(SHARED_OUT, len(SHARED_OUT)):
            ties = one_a_household(cast, kin, programme, {post.person})[:3]
            first = max(*ends, cast.county.size.first_month)
            last = AS_OF - timedelta(days=margin(programme))
            days = [day for tie in ties if (day := cast.between(max(first, tie.since), last))]
            if len(ties) == len(days) == 3:
                return no_cluster(cast, post, programme, ties, days, "该干部卸任以后亲属才领取")


def family_on_pensions(cast: Cast) -> None:
    """Everybody's pension: nothing is added to the county for it."""
    for post in cast.posts(towns=False, units=False):
        old = [
            tie.relative
            for tie in kin_at_home(cast, post, BLOOD)
            if any(s.programme.name == "城乡居民基本养老保险" for s in cast.streams_of(tie.relative))
        ]
        if post.end is None and len(old) >= 3:
            cast.used.update(old)
            code = BY_NAME["城乡居民基本养老保险"].code
            return cast.lookalike(CLUSTER, None, [post.person], [code], "普惠项目，老人人人都有")


def distant_family(cast: Cast) -> None:
    for post in cast.posts(towns=False, units=False):
        near = close_kin(post.person, AS_OF)
        kin = [tie for tie in kin_at_home(cast, post, (distant_ties,)) if tie.relative not in near]
        for programme in cast.dice.sample(SHARED_OUT, len(SHARED_OUT)) if post.end is None else ():
            ties = one_a_household(cast, kin, programme, set())[:3]
            days = [day for tie in ties if (day := cast.day_in_post(post, programme, tie.since))]
            if len(ties) == len(days) == 3:
                return no_cluster(cast, post, programme, ties, days, "都是远亲，不在回避范围")


# -- mutual_favour -----------------------------------------------------------------------------------------------------

Favour = tuple[Tie, Programme]


def favour(cast: Cast, approver: Post, other: Post, ties: Sequence[Ties]) -> Favour | None:
    """A relative of another official, and a programme the approver decides on and the other has no say in."""
    programmes = [programme for programme in AUDITED if approver.town or programme.unit == approver.unit]
    for tie in (tie for kind in ties for tie in kind(other.person)):
        relative = tie.relative
        if not cast.ordinary(relative) or relative.village is None:
            continue
        if approver.town and relative.village.town is not approver.town:
            continue
        for programme in cast.dice.sample(programmes, len(programmes)):
            if cast.fits(programme, relative) and unconnected(cast.county, programme, relative, relative.village):
                return tie, programme
    return None


def exchanges(cast: Cast, apart: int, ties: Sequence[Ties]) -> Iterator[tuple[Post, Post, Favour, Favour, date]]:
    """Two officials of two units, a relative of each whom the other may help, and the day of the first favour."""
    departments = {programme.unit for programme in AUDITED}
    posts = [post for post in cast.posts(cadres=False) if post.end is None and (post.town or post.unit in departments)]
    for one in posts:
        for other in posts:
            if one.unit >= other.unit:
                continue
            given, back = favour(cast, one, other, ties), favour(cast, other, one, ties)
            if given is None or back is None or given[0].relative is back[0].relative:
                continue
            first = max(one.start, other.start, given[0].since, back[0].since, cast.county.size.first_month)
            last = AS_OF - timedelta(days=apart + max(margin(given[1]), margin(back[1])))
            day = cast.between(first, last)
            if day:
                yield one, other, given, back, day


def approve(cast: Cast, approver: Post, other: Post, favour: Favour, day: date, agreed: bool = True) -> None:
    tie, programme = favour
    cast.record(other.person, tie)
    application = cast.apply(programme, tie.relative, day, approver.person, approver=approver.person, agreed=agreed)
    if agreed:
        cast.pay(application)


def exchanged(cast: Cast, apart: int) -> None:
    for one, other, given, back, day in exchanges(cast, apart, ANY_TIE):
        approve(cast, one, other, given, day)
        approve(cast, other, one, back, day + timedelta(days=apart))
        why = f"两名审批人相隔{apart}天互为对方亲属（{given[0].term}、{back[0].term}）审批"
        return cast.wrong(MUTUAL, "high", [one.person, other.person], [], why)


def exchanged_at_once(cast: Cast) -> None:
    exchanged(cast, 12)


def exchanged_in_a_season(cast: Cast) -> None:
    exchanged(cast, 95)


def exchanged_in_a_year(cast: Cast) -> None:
    exchanged(cast, 340)


def years_apart(cast: Cast) -> None:
    for one, other, given, back, day in exchanges(cast, 430, ANY_TIE):
        approve(cast, one, other, given, day)
        approve(cast, other, one, back, day + timedelta(days=430))
        return cast.lookalike(MUTUAL, None, [one.person, other.person], [], "两次审批相隔一年以上")


def one_way_only(cast: Cast) -> None:
    for one, other, given, _, day in exchanges(cast, 0, ANY_TIE):
        approve(cast, one, other, given, day)
        return cast.lookalike(MUTUAL, None, [one.person, other.person], [], "只有一方为对方亲属审批，没有回报")


def refused_in_return(cast: Cast) -> None:
    for one, other, given, back, day in exchanges(cast, 60, ANY_TIE):
        approve(cast, one, other, given, day)
        approve(cast, other, one, back, day + timedelta(days=60), agreed=False)
        return cast.lookalike(MUTUAL, None, [one.person, other.person], [], "另一方的审批结果是不同意")


def only_reviewed(cast: Cast) -> None:
    """The one approves, the other only reviews: somebody else of the department decides."""
    for one, other, given, (tie, programme), day in exchanges(cast, 60, ANY_TIE):
        approve(cast, one, other, given, day)
        cast.record(one.person, tie)
        application = cast.apply(programme, tie.relative, day + timedelta(days=60), other.person, reviewer=other.person)
        if application.approver is other.person:
            continue
        cast.pay(application)
        return cast.lookalike(MUTUAL, None, [one.person, other.person], [], "另一方只是审核，审批人是别人")


def distant_on_both_sides(cast: Cast) -> None:
    for one, other, given, back, day in exchanges(cast, 60, (distant_ties,)):
        later = day + timedelta(days=60)
        if given[0].relative in close_kin(other.person, day) or back[0].relative in close_kin(one.person, later):
            continue
        approve(cast, one, other, given, day)
        approve(cast, other, one, back, later)
        return cast.lookalike(MUTUAL, None, [one.person, other.person], [], "双方的受益人都是对方的远亲，不在回避范围")


# -- hidden_link_company -----------------------------------------------------------------------------------------------


def homes(cast: Cast, posts: list[Post]) -> Iterator[tuple[Post, Person]]:
    """The only official of a household, and somebody grown up of it."""
    for post in posts:
        home = post.person.household
        if home is None or post.person.left or cast.officials_at_home(post.person):
            continue
        for member in home.living:
            if member is not post.person and cast.ordinary(member) and not cast.county.drawing[member]:
                yield post, member


def bidding(cast: Cast, firm: Firm) -> bool:
    """Lets a firm lose a lawful tender, so that it is known to the county."""
    job = tendered(cast)
    if job is None:
        return False
    job.bids[-1].firm = firm
    pay_contract(cast.county, contract_with(cast, job, job.winner))
    return True


def in_office_now(cast: Cast) -> list[Post]:
    return [post for post in cast.posts() if post.end is None]


def telephone_of(cast: Cast, person: Person) -> str:
    return cast.county.own_account(person).telephone


def tied(cast: Cast, post: Post, member: Person, firm: Firm, kind: str, why: str) -> None:
    cast.used.add(member)
    cast.wrong(HIDDEN, "medium", [post.person], [firm.code, kind], why)


def untied(cast: Cast, post: Post, member: Person, firm: Firm, kind: str, why: str, level: str | None = None) -> None:
    cast.used.add(member)
    cast.lookalike(HIDDEN, level, [post.person], [firm.code, kind], why)


def telephone_at_home(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        firm = new_firm(cast)
        firm.telephone = telephone_of(cast, member)
        if bidding(cast, firm):
            return tied(cast, post, member, firm, "phone", "公司登记电话就是干部同户家属的电话")


def address_at_home(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        firm = new_firm(cast)
        firm.address = buy_house(cast.county, member, HOME, firm.founded - timedelta(days=300)).place
        if bidding(cast, firm):
            return tied(cast, post, member, firm, "address", "公司住所就是干部同户家属的房产")


def deposit_from_home(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        firm = new_firm(cast)
        if bidding(cast, firm):
            bid = next(bid for bid in cast.county.bids if bid.firm is firm)
            bid.account = cast.county.own_account(member)
            return tied(cast, post, member, firm, "account", "投标保证金从干部同户家属的账户转出")


def agents_telephone(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        firms = [new_firm(cast) for _ in range(5)]
        for firm in firms:
            firm.telephone = telephone_of(cast, member)
        if bidding(cast, firms[0]):
            return untied(cast, post, member, firms[0], "phone", "家属是代办员，同一电话登记了五家公司")


def shared_address(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        house = buy_house(cast.county, member, HOME, date(2006, 5, 1), quarter="创业孵化园")
        firms = [new_firm(cast) for _ in range(5)]
        for firm in firms:
            firm.address = house.place
        return untied(cast, post, member, firms[0], "address", "房屋作为孵化园集中登记地址，五家公司共用")


def openly_in_the_firm(cast: Cast) -> None:
    for post, member in homes(cast, in_office_now(cast)):
        boss = outsider(cast.county)
        firm = new_firm(cast, boss, shareholders=[(boss, 80.0), (member, 20.0)])
        firm.telephone = telephone_of(cast, member)
        return untied(cast, post, member, firm, "phone", "家属公开登记为股东，不是隐名", "low")


def founded_after_the_post(cast: Cast) -> None:
    for post, member in homes(cast, [post for post in cast.posts() if post.end]):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        founded = max(ends) + timedelta(days=120)
        if founded < AS_OF:
            firm = new_firm(cast, founded=founded)
            firm.telephone = telephone_of(cast, member)
            return untied(cast, post, member, firm, "phone", "公司成立时该干部已卸任")


def telephone_of_a_brother(cast: Cast) -> None:
    for post in in_office_now(cast):
        for tie in (*sibling_ties(post.person), *parent_ties(post.person)):
            member = tie.relative
            home = member.household
            if not cast.ordinary(member) or home is None or home is post.person.household:
                continue
            if cast.officials_at_home(member) or cast.county.drawing[member]:
                continue
            firm = new_firm(cast)
            firm.telephone = telephone_of(cast, member)
            cast.record(post.person, tie)
            return untied(cast, post, member, firm, "phone", "电话是分户亲属的，不是同户")


# -- what follows from benefit_to_relative -----------------------------------------------------------------------------


def follow_up(cast: Cast) -> None:
    """What every scene of benefit_to_relative is to the queries that look at the same people."""
    county = cast.county
    streams: dict[tuple[str, str], list[Stream]] = defaultdict(list)
    for stream in county.streams:
        streams[stream.person.id, stream.programme.code].append(stream)
    programmes = {programme.code: programme for programme in PROGRAMMES}
    filed: dict[tuple[str, str], list[date]] = defaultdict(list)
    for one in county.offices.declarations:
        if one.filed:
            filed[one.official.id, one.relative.id].append(one.filed)
    listed_on: dict[str, set[str]] = defaultdict(set)
    for row in county.registrations:
        listed_on[row.person.id].add(row.register)
    told = {(truth.query, truth.persons, truth.things) for truth in county.truths}
    for truth in [truth for truth in county.truths if truth.query == TO]:
        official, relative = truth.persons
        programme = programmes[truth.things[0]]
        paid = streams[relative, programme.code]
        follow = [undeclared(truth, paid, filed[official, relative])]
        if programme.register:
            listed = programme.register in listed_on[relative]
            follow.append(public_post(truth, programme, listed))
            if listed and truth.kind == "wrong":
                why = f"在{programme.register}名册上，没有占用指标"
                follow.append(Truth(QUOTA, "lookalike", None, truth.persons, truth.things, why))
        county.truths.extend(one for one in follow if one and (one.query, one.persons, one.things) not in told)


def undeclared(truth: Truth, paid: list[Stream], filed: list[date]) -> Truth | None:
    days = [pay_day(stream.programme, month) for stream in paid for month in stream.months]
    due = [day + timedelta(days=30) for day in days]
    if truth.kind == "lookalike":
        return Truth(UNDECLARED, "lookalike", None, truth.persons, truth.things, truth.why)
    if any(last < AS_OF and not any(day <= last for day in filed) for last in due):
        why = "近亲属领取审核类补贴，到期未见备案"
        return Truth(UNDECLARED, "wrong", "medium", truth.persons, truth.things, why)
    why = "发放后三十日内已备案" if filed else "备案期限还没有到"
    return Truth(UNDECLARED, "lookalike", None, truth.persons, truth.things, why)


def public_post(truth: Truth, programme: Programme, listed: bool) -> Truth:
    """The register is the thing: on those of posts it is a lead as benefit_to_relative has it, a degree lower."""
    things = (programme.register,)
    if programme not in JOBS:
        return Truth(PUBLIC_POST, "lookalike", None, truth.persons, things, f"{programme.register}名册不是岗位名册")
    if truth.kind == "wrong" and listed:
        why = f"有权干部的亲属在{programme.register}名册上"
        return Truth(PUBLIC_POST, "wrong", "medium", truth.persons, things, why)
    return Truth(PUBLIC_POST, "lookalike", truth.level, truth.persons, things, truth.why)


PLANTS = (
    five_of_a_family, four_of_a_family, four_of_a_family,
    cadres_brother_has_a_post, towns_kin_has_a_post, departments_kin_has_a_post, declared_post, post_after_retirement,
    post_of_distant_kin, had_the_post_first, cadre_takes_a_quota, town_takes_a_quota, department_takes_a_quota,
    list_lags_behind, listed_under_the_wife, quota_after_retirement, quota_of_distant_kin, declared_within_the_grace,
    two_of_a_family, family_elsewhere, family_of_a_retired_cadre,
    family_on_pensions, distant_family, exchanged_at_once, exchanged_in_a_season, exchanged_in_a_year, years_apart,
    one_way_only, refused_in_return, only_reviewed, distant_on_both_sides, telephone_at_home, address_at_home,
    deposit_from_home, agents_telephone, shared_address, openly_in_the_firm, founded_after_the_post,
    telephone_of_a_brother,
)  # fmt: skip
