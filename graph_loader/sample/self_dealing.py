"""Plants for official_on_benefit, self_approved and payment_to_other_account, with what only looks like them."""

from collections.abc import Iterator
from datetime import timedelta

from graph_loader.sample.benefits import authority
from graph_loader.sample.casting import AUDITED, Cast, parent_ties, sibling_ties, spouse_ties
from graph_loader.sample.county import Stream, first_of
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.offices import Post, place_keys, town_key
from graph_loader.sample.programmes import BY_NAME, ONCE, Programme
from graph_loader.sample.relatives import circle

ON, SELF, OTHER = "official_on_benefit", "self_approved", "payment_to_other_account"
COLLECT, HOUSE = "collecting_account", "household_benefit"
BARRED = tuple(programme for programme in AUDITED if programme.bars_officials)
OPEN = tuple(programme for programme in AUDITED if not programme.bars_officials)


def plant_self_dealing(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    drawing_in_post(cast, cast.posts(towns=False, units=False))
    drawing_in_post(cast, cast.posts(cadres=False, units=False))
    drawing_in_post(cast, cast.posts(cadres=False, towns=False))
    retired_and_drawing(cast)
    drew_before_post(cast)
    programme_open_to_officials(cast)
    universal_for_officials(cast)
    namesake_of_official(cast)
    approved_own(cast)
    handled_own(cast)
    handled_own_payment(cast)
    reviewed_own_open(cast)
    handled_own_universal(cast)
    refused_himself(cast)
    namesake_signed(cast)
    signed_for_others_once(cast)
    refused_himself(cast)
    cadre_account(cast)
    relative_account(cast)
    town_account(cast)
    passbook_of_cadre(cast)
    son_in_office(cast)
    neighbour_account(cast)
    retired_holder(cast)
    cadre_elsewhere(cast)
    welfare_home(cast)


def solo(cast: Cast, posts: list[Post], programmes: tuple[Programme, ...]) -> Iterator[tuple[Post, Programme]]:
    """An official who may draw a programme at home without any other official near him having a say there."""
    for post in posts:
        person = post.person
        village = person.village
        if village is None or person.household is None or person.left or person in cast.in_firms:
            continue
        if person in cast.county.falsely_dead:
            continue
        for programme in cast.dice.sample(programmes, len(programmes)):
            near = cast.county.offices.entangled(person, authority(programme, village)) - {person}
            if not near and cast.fits(programme, person):
                yield post, programme


def drawing_in_post(cast: Cast, posts: list[Post]) -> None:
    for post, programme in solo(cast, posts, BARRED):
        day = cast.day_in_post(post, programme)
        if day and (post.end is None or post.end > day + timedelta(days=430)):
            cast.pay(cast.apply(programme, post.person, day, post.person))
            return barred_in_post(cast, post, programme)


def barred_in_post(cast: Cast, post: Post, programme: Programme) -> None:
    """What an official in post draws is wrong by the person, and by the household where families are paid."""
    why = f"在任{post.title}领取排斥公职人员的{programme.name}"
    cast.wrong(ON, "high", [post.person], [programme.code], why)
    if programme.household:
        cast.wrong(HOUSE, "medium", [post.person], [programme.code], f"{why}，该项目以家庭为对象")


def retired_and_drawing(cast: Cast) -> None:
    for post, programme in solo(cast, [post for post in cast.posts() if post.end], BARRED):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        day = cast.between(max(*ends, cast.county.size.first_month), AS_OF - timedelta(days=420))
        if day:
            cast.pay(cast.apply(programme, post.person, day, post.person))
            return cast.lookalike(ON, None, [post.person], [programme.code], "卸任以后才申请和领取")


def drew_before_post(cast: Cast) -> None:
    one_off = tuple(programme for programme in BARRED if programme.rhythm == ONCE)
    for post, programme in solo(cast, cast.posts(), one_off):
        starts = [other.start for other in cast.county.offices.by_person[post.person]]
        day = cast.between(cast.county.size.first_month, min(starts) - timedelta(days=75))
        if day:
            cast.pay(cast.apply(programme, post.person, day, post.person))
            return cast.lookalike(ON, None, [post.person], [programme.code], "领取时尚未任职")


def programme_open_to_officials(cast: Cast) -> None:
    for post, programme in solo(cast, cast.posts(), OPEN):
        day = cast.day_in_post(post, programme)
        if day:
            cast.pay(cast.apply(programme, post.person, day, post.person))
            return cast.lookalike(ON, None, [post.person], [programme.code], "该项目不排斥公职人员")


def universal_for_officials(cast: Cast) -> None:
    for post in cast.posts():
        stream = next((s for s in cast.streams_of(post.person) if not s.programme.audited), None)
        if stream and post.end is None and post.start < cast.county.size.first_month:
            return cast.lookalike(ON, None, [post.person], [stream.programme.code], "普惠项目，人人都有")


def namesake_of_official(cast: Cast) -> None:
    """Somebody who draws lawfully bears the name of a cadre of the village."""
    for post in cast.posts(towns=False, units=False):
        person = lawful_drawer(cast, post)
        if person:
            stream = next(s for s in cast.streams_of(person) if s.programme.bars_officials)
            person.name = post.person.name
            return cast.lookalike(ON, None, [post.person], [stream.programme.code], "领取人与村干部同名，身份证号不同")


def lawful_drawer(cast: Cast, post: Post) -> Person | None:
    for stream in cast.county.streams:
        person = stream.person
        if stream.village is post.village and stream.programme.audited and stream.programme.bars_officials:
            same = person.sex == post.person.sex and person.surname == post.person.surname
            if same and cast.ordinary(person) and abs(person.born.year - post.person.born.year) > 1:
                return person
    return None


# -- self_approved -----------------------------------------------------------------------------------------------------


def own(cast: Cast, post: Post, programme: Programme, level: str, why: str) -> None:
    cast.wrong(SELF, level, [post.person], [programme.code], why)
    if programme.bars_officials:
        barred_in_post(cast, post, programme)


def lasting(cast: Cast, posts: list[Post]) -> list[Post]:
    """Posts still held, so that every payment falls into the term."""
    return [post for post in posts if post.end is None]


def approved_own(cast: Cast) -> None:
    for post, programme in solo(cast, lasting(cast, cast.posts(towns=False)), BARRED):
        day = cast.day_in_post(post, programme)
        if day and (post.cadre or programme.unit == post.unit):
            cast.pay(cast.apply(programme, post.person, day, post.person, approver=post.person))
            return own(cast, post, programme, "high", "审批人审批自己的申请")


def handled_own(cast: Cast) -> None:
    for post, programme in solo(cast, lasting(cast, cast.posts(towns=False, units=False)), BARRED):
        day = cast.day_in_post(post, programme)
        if day and post.title in ("会计", "文书"):
            cast.pay(cast.apply(programme, post.person, day, post.person, handler=post.person))
            return own(cast, post, programme, "medium", "经办人经办自己的申请")


def handled_own_payment(cast: Cast) -> None:
    for post, programme in solo(cast, lasting(cast, cast.posts(units=False)), BARRED):
        day = cast.day_in_post(post, programme)
        if day:
            stream = cast.pay(cast.apply(programme, post.person, day, post.person))
            stream.handler = post.person
            return own(cast, post, programme, "medium", "发放经办人给自己发放")


def reviewed_own_open(cast: Cast) -> None:
    """On a programme that does not exclude officials: approving oneself is still wrong, drawing is not."""
    for post, programme in solo(cast, lasting(cast, cast.posts(cadres=False)), OPEN):
        day = cast.day_in_post(post, programme)
        if day:
            cast.pay(cast.apply(programme, post.person, day, post.person, reviewer=post.person))
            return own(cast, post, programme, "medium", "审核人审核自己的申请（项目本身不排斥公职人员）")


def handled_own_universal(cast: Cast) -> None:
    for post in lasting(cast, cast.posts(units=False)):
        stream = next((s for s in cast.streams_of(post.person) if not s.programme.audited), None)
        if stream and post.start < cast.county.size.first_month:
            stream.handler = post.person
            return cast.lookalike(SELF, None, [post.person], [stream.programme.code], "普惠项目，经办人本人也有一份")


def refused_himself(cast: Cast) -> None:
    for post, programme in solo(cast, lasting(cast, cast.posts(towns=False)), BARRED):
        day = cast.day_in_post(post, programme)
        if day and (post.cadre or programme.unit == post.unit):
            cast.apply(programme, post.person, day, post.person, approver=post.person, agreed=False)
            return cast.lookalike(SELF, None, [post.person], [programme.code], "审批结果为不同意")


def namesake_signed(cast: Cast) -> None:
    """The approver of a lawful application bears the beneficiary's name."""
    applications = [a for a in cast.county.applications if a.agreed and cast.ordinary(a.person)]
    for application in cast.dice.sample(applications, len(applications)):
        approver, person = application.approver, application.person
        if approver.surname == person.surname and approver.sex == person.sex and approver not in cast.used:
            person.name = approver.name
            cast.used.add(person)
            return cast.lookalike(
                SELF, None, [approver], [application.programme.code], "审批人与领取人同名，身份证号不同"
            )


def signed_for_others_once(cast: Cast) -> None:
    """Handled others' applications while in post; draws now, long out of office, signed by the successors."""
    handlers = {a.handler for a in cast.county.applications if a.handler}
    posts = [post for post in cast.posts(towns=False, units=False) if post.end and post.person in handlers]
    for post, programme in solo(cast, posts, BARRED):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        day = cast.between(max(*ends, cast.county.size.first_month), AS_OF - timedelta(days=420))
        if day:
            cast.pay(cast.apply(programme, post.person, day, post.person))
            why = "任内经办过他人的申请；本人卸任后申请，由后任签批"
            return cast.lookalike(SELF, None, [post.person], [programme.code], why)


# -- payment_to_other_account ------------------------------------------------------------------------------------------


def sitting(cast: Cast, posts: list[Post]) -> list[Post]:
    """Posts held through the whole payment window."""
    return [post for post in posts if post.end is None and post.start < cast.county.size.first_month]


def strangers(cast: Cast, holder: Person, keys: set[str]) -> Iterator[Stream]:
    """Payments on their own accounts to people of the place who are in no way related to the holder."""
    near = circle(holder)
    for stream in cast.county.streams:
        person = stream.person
        if stream.account.holder is not person or not keys & place_keys(stream.village) or not cast.ordinary(person):
            continue
        home = person.household
        if home is None or near.intersection(home.members) or holder in circle(person) or home is holder.household:
            continue
        yield stream


def divert(cast: Cast, holder: Person, keys: set[str], number: int, why: str) -> bool:
    """Sends the payments of up to `number` people to the holder's account."""
    taken: list[Stream] = []
    for stream in strangers(cast, holder, keys):
        if stream.programme.land or stream.person.household in [other.person.household for other in taken]:
            continue
        taken.append(stream)
        if len(taken) == number:
            break
    for stream in taken:
        stream.account = cast.county.own_account(holder)
        cast.wrong(OTHER, "high", [holder, stream.person], [], why)
    if len(taken) >= 3:
        cast.wrong(
            COLLECT,
            "high",
            [holder],
            [cast.county.own_account(holder).masked],
            f"{len(taken)}户无亲属关系人家的补贴打入在任干部账户",
        )
    return bool(taken)


def cadre_account(cast: Cast) -> None:
    for post in sitting(cast, cast.posts(towns=False, units=False)):
        assert post.village is not None
        if divert(
            cast,
            post.person,
            place_keys(post.village) - {town_key(post.village.town)},
            3,
            "补贴打入在任村干部账户，非同户非亲属",
        ):
            return


def relative_account(cast: Cast) -> None:
    for post in sitting(cast, cast.posts(towns=False, units=False)):
        assert post.village is not None
        keys = place_keys(post.village) - {town_key(post.village.town)}
        for tie in (*spouse_ties(post.person), *sibling_ties(post.person)):
            if not cast.ordinary(tie.relative) or tie.since > cast.county.size.first_month:
                continue
            why = f"补贴打入在任村干部{tie.term}的账户，与领取人非同户非亲属"
            if divert(cast, tie.relative, keys, 1, why):
                return cast.record(post.person, tie)


def town_account(cast: Cast) -> None:
    for post in sitting(cast, cast.posts(cadres=False, units=False)):
        assert post.town is not None
        if divert(cast, post.person, {town_key(post.town)}, 1, "补贴打入乡镇干部账户，非同户非亲属"):
            return


def passbook_of_cadre(cast: Cast) -> None:
    """A parent's pension on the passbook of the cadre of the same household."""
    for post in sitting(cast, cast.posts(towns=False, units=False)):
        assert post.person.household is not None
        for person in post.person.household.living:
            stream = next((s for s in cast.streams_of(person) if s.programme.name == "城乡居民基本养老保险"), None)
            if stream and person is not post.person and person not in cast.used:
                stream.account = cast.county.own_account(post.person)
                return cast.lookalike(OTHER, None, [post.person, person], [], "同户共用一本存折")


def son_in_office(cast: Cast) -> None:
    """A cadre keeps the passbook of his old parent, who has a household of his own."""
    pension = BY_NAME["城乡居民基本养老保险"]
    for post in sitting(cast, cast.posts(towns=False, units=False)):
        for tie in parent_ties(post.person):
            stream = next((s for s in cast.streams_of(tie.relative) if s.programme is pension), None)
            apart = tie.relative.household is not post.person.household
            if stream and apart and cast.ordinary(tie.relative) and stream.village is post.village:
                stream.account = cast.county.own_account(post.person)
                cast.record(post.person, tie)
                return cast.lookalike(OTHER, None, [post.person, tie.relative], [], "子女代管父母的补贴，有亲属关系")


def lend(cast: Cast, holder: Person, stream: Stream, why: str) -> None:
    stream.account = cast.county.own_account(holder)
    cast.lookalike(OTHER, None, [holder, stream.person], [], why)


def neighbour_account(cast: Cast) -> None:
    """A neighbour without any office, and no kin of one."""
    for stream in cast.dice.sample(cast.county.streams, min(len(cast.county.streams), 3000)):
        if stream.account.holder is not stream.person or not cast.ordinary(stream.person) or stream.programme.land:
            continue
        household = cast.dice.choice(cast.county.households)
        for holder in household.living:
            clear = not cast.county.offices.entangled(holder, place_keys(stream.village))
            if cast.ordinary(holder) and clear and household.village is stream.village:
                return lend(cast, holder, stream, "邻居代领，账户持有人没有任何职务，也不是干部亲属")


def retired_holder(cast: Cast) -> None:
    """The holder left his post before the first payment."""
    for post in cast.posts(towns=False, units=False):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        assert post.village is not None
        keys = place_keys(post.village)
        near = cast.county.offices.entangled(post.person, keys)
        if near != {post.person} or max(ends) >= AS_OF:
            continue
        for stream in strangers(cast, post.person, keys):
            if stream.village is post.village and first_of(stream.months[0]) > max(ends):
                return lend(cast, post.person, stream, "账户持有人在首次发放前已卸任")


def cadre_elsewhere(cast: Cast) -> None:
    """A cadre of one village keeps the account of somebody in another town."""
    for post in sitting(cast, cast.posts(towns=False, units=False)):
        assert post.village is not None
        for town in cast.county.towns:
            if town is post.village.town or cast.county.offices.entangled(post.person, place_keys(town.villages[0])):
                continue
            for stream in strangers(cast, post.person, place_keys(town.villages[0])):
                if stream.village is town.villages[0]:
                    return lend(cast, post.person, stream, "账户持有人在别的乡镇任职，不管领取人所在村")


def welfare_home(cast: Cast) -> None:
    """A pensioner's money goes to the account of the home he lives in."""
    town = cast.dice.choice(cast.county.towns)
    for stream in cast.county.streams:
        person = stream.person
        if (
            stream.village.town is town
            and stream.account.holder is person
            and cast.ordinary(person)
            and person.age(AS_OF) > 72
        ):
            code = cast.county.numbers.credit_code("12")
            stream.account = cast.county.open_account(f"{town.name}敬老院", code)
            return cast.lookalike(OTHER, None, [person], [code], "供养机构代管，账户属单位")
