"""Plants for benefit_to_relative and approved_for_relative, with what only looks like them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from graph_loader.sample.benefits import authority
from graph_loader.sample.casting import (
    ANY_TIE,
    AUDITED,
    BLOOD,
    Cast,
    Scene,
    Tie,
    Ties,
    distant_ties,
    former_in_law_ties,
    in_charge,
    in_law_ties,
    nephew_ties,
    parent_ties,
    sibling_ties,
    spouse_ties,
    uncle_ties,
    wider_in_law_ties,
)
from graph_loader.sample.county import first_of
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.offices import Post
from graph_loader.sample.programmes import ONCE, Programme
from graph_loader.sample.relatives import close_kin

TO, FOR = "benefit_to_relative", "approved_for_relative"
ONE_OFF = tuple(programme for programme in AUDITED if programme.rhythm == ONCE)


def plant_favours(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    cadre_and_kin(cast, (sibling_ties, parent_ties))
    cadre_and_kin(cast, (spouse_ties,))
    cadre_and_kin(cast, (in_law_ties,))
    two_cadres(cast)
    declared_too_late(cast)
    official_and_kin(cast, cast.posts(cadres=False, units=False), ANY_TIE)
    official_and_kin(cast, cast.posts(cadres=False, towns=False), (nephew_ties, uncle_ties, wider_in_law_ties))
    contact_official(cast)
    kin_approves(cast)
    kin_reviews(cast)
    kin_handles(cast)
    kin_approves_payment(cast)
    clerk_without_office(cast)
    retired_before(cast)
    not_yet_in_post(cast)
    divorced_before(cast)
    married_after(cast)
    declared_before(cast)
    universal(cast)
    distant(cast)
    other_village(cast)
    namesake(cast)
    refused(cast)
    namesake_of_approver(cast)
    divorced_approver(cast)
    distant_approver(cast)
    universal_signed(cast)
    declared_approver(cast)


def grant(cast: Cast, scene: Scene, why: str, level: str) -> None:
    cast.record(scene.official, scene.tie)
    cast.pay(cast.apply(scene.programme, scene.relative, scene.day, scene.official))
    cast.wrong(TO, level, [scene.official, scene.relative], [scene.programme.code], why)


def cadre_and_kin(cast: Cast, ties: Sequence[Ties], programmes: Sequence[Programme] = AUDITED) -> None:
    for scene in cast.scenes(cast.posts(towns=False, units=False), ties, programmes):
        return grant(
            cast, scene, f"在任{scene.post.title}的{scene.tie.term}在本村领取{scene.programme.name}，未申报", "high"
        )


def official_and_kin(
    cast: Cast, posts: list[Post], ties: Sequence[Ties], programmes: Sequence[Programme] = AUDITED
) -> None:
    for scene in cast.scenes(posts, ties, programmes):
        if scene.post.contact is scene.village:
            continue
        why = f"{scene.post.unit}在任{scene.post.title}的{scene.tie.term}领取其主管范围内的{scene.programme.name}"
        return grant(cast, scene, why, "medium")


def contact_official(cast: Cast) -> None:
    """Somebody of another department whose 联系村 it is."""
    posts = [post for post in cast.posts(cadres=False, towns=False) if post.contact]
    for scene in cast.scenes(posts, ANY_TIE):
        if scene.post.contact is scene.village and scene.programme.unit != scene.post.unit:
            return grant(
                cast, scene, f"联系本村的{scene.post.unit}干部的{scene.tie.term}领取{scene.programme.name}", "medium"
            )


def two_cadres(cast: Cast) -> None:
    """Two cadres of one village, both kin of the same person: two leads."""
    for scene in cast.scenes(cast.posts(towns=False, units=False), ANY_TIE, others=1):
        near = cast.county.offices.entangled(scene.relative, authority(scene.programme, scene.village))
        second = next(person for person in near if person is not scene.official)
        if second in cast.used or scene.relative not in close_kin(second, scene.day):
            continue
        posts = [post for post in cast.county.offices.in_post(second, scene.day) if post.village is scene.village]
        tie = next((tie for kind in ANY_TIE for tie in kind(second) if tie.relative is scene.relative), None)
        if not posts or tie is None or tie.since > scene.day:
            continue
        cast.record(second, tie)
        cast.record(scene.official, scene.tie)
        application = cast.apply(scene.programme, scene.relative, scene.day, scene.official)
        if application.handler is second:
            application.handler = None
        cast.pay(application)
        for official, term in ((scene.official, scene.tie.term), (second, tie.term)):
            why = f"两名在任村干部同为受益人亲属之一（{term}）"
            cast.wrong(TO, "high", [official, scene.relative], [scene.programme.code], why)
        return


def declared_too_late(cast: Cast) -> None:
    """Known from a declaration only, filed after the approval."""
    for scene in cast.scenes(cast.posts(towns=False, units=False), (sibling_ties, parent_ties)):
        grant(cast, scene, "亲属关系在审批之后才申报备案", "high")
        terms = {"父亲": "父亲", "母亲": "母亲"}
        older = scene.relative.born < scene.official.born
        brother = ("哥哥" if older else "弟弟") if scene.relative.male else ("姐姐" if older else "妹妹")
        filed = min(AS_OF, scene.day + timedelta(days=90))
        cast.declare(scene.official, scene.tie, terms.get(scene.tie.term, brother), filed)
        return


def sign(
    cast: Cast,
    scene: Scene,
    level: str,
    why: str,
    handler: Person | None = None,
    reviewer: Person | None = None,
    approver: Person | None = None,
) -> None:
    """The official signs for the relative: the signer's lead, and the official's, who is in charge as well."""
    cast.record(scene.official, scene.tie)
    official, programme = scene.official, scene.programme
    cast.pay(cast.apply(programme, scene.relative, scene.day, official, handler, reviewer, approver))
    cast.wrong(FOR, level, [official, scene.relative], [programme.code], why)
    cast.wrong(TO, "high", [official, scene.relative], [programme.code], why)


def kin_approves(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(cadres=False, towns=False), ANY_TIE):
        if scene.programme.unit == scene.post.unit:
            why = f"审批人为受益人审批，受益人是其{scene.tie.term}"
            return sign(cast, scene, "high", why, approver=scene.official)


def kin_reviews(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(cadres=False, units=False), ANY_TIE):
        return sign(cast, scene, "medium", f"审核人是受益人的亲属（{scene.tie.term}）", reviewer=scene.official)


def kin_handles(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(towns=False, units=False), ANY_TIE):
        if scene.post.title in ("会计", "文书"):
            why = f"经办的{scene.post.title}是受益人的亲属（{scene.tie.term}）"
            return sign(cast, scene, "medium", why, handler=scene.official)


def kin_approves_payment(cast: Cast) -> None:
    """Named on the payments, not on the application."""
    for scene in cast.scenes(cast.posts(towns=False, units=False), ANY_TIE):
        if scene.post.title not in ("支部书记", "村主任"):
            continue
        cast.record(scene.official, scene.tie)
        stream = cast.pay(cast.apply(scene.programme, scene.relative, scene.day, scene.official))
        stream.approver = scene.official
        people, things = [scene.official, scene.relative], [scene.programme.code]
        cast.wrong(FOR, "high", people, things, f"发放审批人是受益人的亲属（{scene.tie.term}）")
        cast.wrong(TO, "high", people, things, "在任村干部亲属在本村领取，且由其签批发放")
        return


def clerk_without_office(cast: Cast) -> None:
    """The handler is a hired clerk, in no list of officials: one lead only."""
    people = [
        person for person in cast.county.families.people if cast.ordinary(person) and 24 <= person.age(AS_OF) < 40
    ]
    for clerk in cast.dice.sample(people, min(len(people), 400)):
        for tie in (*parent_ties(clerk), *sibling_ties(clerk)):
            if not cast.ordinary(tie.relative) or tie.relative.village is None:
                continue
            for programme in cast.dice.sample(AUDITED, len(AUDITED)):
                near = cast.county.offices.entangled(tie.relative, authority(programme, tie.relative.village))
                day = cast.between(cast.county.size.first_month, AS_OF - timedelta(days=420))
                if near or not day or not cast.fits(programme, tie.relative):
                    continue
                cast.record(clerk, tie)
                cast.pay(cast.apply(programme, tie.relative, day, clerk, handler=clerk))
                cast.wrong(
                    FOR,
                    "medium",
                    [clerk, tie.relative],
                    [programme.code],
                    "经办的临聘人员是受益人的亲属，本人不在公职名单",
                )
                return


# -- look-alikes -------------------------------------------------------------------------------------------------------


def near_but(
    cast: Cast, posts: list[Post], ties: Sequence[Ties], programmes: Sequence[Programme] = AUDITED
) -> Iterator[tuple[Post, Tie, Programme]]:
    """An official who is or was in charge, a relative, and nobody else of the offices near the relative; no day yet."""
    for post in posts:
        for tie in (tie for kind in ties for tie in kind(post.person)):
            if not cast.ordinary(tie.relative) or tie.relative.village is None:
                continue
            for programme in cast.dice.sample(programmes, len(programmes)):
                if not in_charge(post, programme, tie.relative.village) or not cast.fits(programme, tie.relative):
                    continue
                if programme.household and tie.relative.household is post.person.household:
                    continue
                near = cast.county.offices.entangled(tie.relative, authority(programme, tie.relative.village))
                if near <= {post.person}:
                    yield post, tie, programme


def innocent(
    cast: Cast,
    query: str,
    official: Person,
    tie: Tie,
    programme: Programme,
    day: date,
    why: str,
    level: str | None = None,
) -> None:
    cast.record(official, tie)
    cast.pay(cast.apply(programme, tie.relative, day, official))
    cast.lookalike(query, level, [official, tie.relative], [programme.code], why)


def retired_before(cast: Cast, programmes: Sequence[Programme] = AUDITED) -> None:
    posts = [post for post in cast.posts() if post.end]
    for post, tie, programme in near_but(cast, posts, (*BLOOD, in_law_ties), programmes):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        day = cast.between(max(*ends, tie.since, cast.county.size.first_month), AS_OF - timedelta(days=420))
        if day:
            return innocent(cast, TO, post.person, tie, programme, day, "审批时该干部已卸任")


def not_yet_in_post(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(), ANY_TIE, ONE_OFF):
        starts = [other.start for other in cast.county.offices.by_person[post.person]]
        first = max(tie.since, cast.county.size.first_month)
        day = cast.between(first, min(starts) - timedelta(days=75))
        if day:
            return innocent(cast, TO, post.person, tie, programme, day, "审批和发放时该干部尚未任职")


def divorced_before(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(), (former_in_law_ties,)):
        day = cast.day_in_post(post, programme, tie.since)
        if day and tie.relative not in close_kin(post.person, day):
            return innocent(cast, TO, post.person, tie, programme, day, f"审批前已离婚，受益人是{tie.term}")


def married_after(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(), (in_law_ties,), ONE_OFF):
        first = max(post.start, cast.county.size.first_month)
        last = min(post.end or AS_OF, tie.since - timedelta(days=75), AS_OF - timedelta(days=130))
        day = cast.between(first, last)
        if day and tie.relative not in close_kin(post.person, day):
            return innocent(cast, TO, post.person, tie, programme, day, "审批和发放时尚未结婚")


def declared_before(cast: Cast, programmes: Sequence[Programme] = AUDITED) -> None:
    for scene in cast.scenes(cast.posts(towns=False, units=False), (sibling_ties,), programmes):
        declared(cast, scene)
        cast.pay(cast.apply(scene.programme, scene.relative, scene.day, scene.official))
        cast.lookalike(TO, "low", [scene.official, scene.relative], [scene.programme.code], "审批前已申报备案")
        return


def sibling_term(scene: Scene) -> str:
    """The word for a brother or sister that an official would declare."""
    older = scene.relative.born < scene.official.born
    return ("哥哥" if older else "弟弟") if scene.relative.male else ("姐姐" if older else "妹妹")


def declared(cast: Cast, scene: Scene) -> None:
    cast.declare(scene.official, scene.tie, sibling_term(scene), scene.day - timedelta(days=cast.dice.randint(60, 400)))


def universal(cast: Cast) -> None:
    """Kin of a cadre on a programme that is everyone's; nothing is added to the county for it."""
    for post in cast.posts(towns=False, units=False):
        for tie in (*parent_ties(post.person), *sibling_ties(post.person)):
            if not cast.ordinary(tie.relative) or tie.relative.village is not post.village or post.end:
                continue
            stream = next((s for s in cast.streams_of(tie.relative) if not s.programme.audited), None)
            if stream:
                cast.record(post.person, tie)
                people = [post.person, tie.relative]
                return cast.lookalike(TO, None, people, [stream.programme.code], "普惠项目，人人都有")


def distant(cast: Cast, programmes: Sequence[Programme] = AUDITED) -> None:
    for post, tie, programme in near_but(cast, cast.posts(), (distant_ties,), programmes):
        day = cast.day_in_post(post, programme, tie.since)
        if day and tie.relative not in close_kin(post.person, day):
            return innocent(cast, TO, post.person, tie, programme, day, f"远亲（{tie.term}），不在回避范围")


def other_village(cast: Cast) -> None:
    """The cadre of one village, the relative in another where nobody near has a say."""
    for post in cast.posts(towns=False, units=False):
        for tie in (tie for kind in BLOOD for tie in kind(post.person)):
            village = tie.relative.village
            if not cast.ordinary(tie.relative) or village is None or village is post.village:
                continue
            for programme in cast.dice.sample(AUDITED, len(AUDITED)):
                near = cast.county.offices.entangled(tie.relative, authority(programme, village))
                day = cast.day_in_post(post, programme, date(1900, 1, 1))
                if not near and day and cast.fits(programme, tie.relative):
                    return innocent(cast, TO, post.person, tie, programme, day, "干部在别的村任职，不管受益人所在村")


def namesake(cast: Cast) -> None:
    """A neighbour with the name of the cadre's brother."""
    for post in cast.posts(towns=False, units=False):
        for tie in sibling_ties(post.person):
            found = stranger(cast, post, tie.relative)
            if found and not cast.county.offices.officials_around[tie.relative] - {post.person}:
                person, programme, day = found
                person.name = tie.relative.name
                cast.record(post.person, tie)
                cast.pay(cast.apply(programme, person, day, post.person))
                why = f"与干部的{tie.term}同名同村，身份证号不同"
                return cast.lookalike(TO, None, [post.person, person], [programme.code], why)


def stranger(cast: Cast, post: Post, like: Person) -> tuple[Person, Programme, date] | None:
    """Somebody of the official's village, of the same surname and sex, to whom nobody in office is close; with a programme."""
    village = post.village
    for household in cast.county.households:
        if household.village is not village:
            continue
        for person in household.living:
            if person.surname != like.surname or person.sex != like.sex or not cast.ordinary(person):
                continue
            for programme in cast.dice.sample(AUDITED, len(AUDITED)):
                day = cast.day_in_post(post, programme)
                near = cast.county.offices.entangled(person, authority(programme, household.village))
                if day and not near and cast.fits(programme, person):
                    return person, programme, day
    return None


def refused(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(cadres=False, towns=False), ANY_TIE):
        if scene.programme.unit != scene.post.unit:
            continue
        cast.record(scene.official, scene.tie)
        cast.apply(scene.programme, scene.relative, scene.day, scene.official, approver=scene.official, agreed=False)
        cast.lookalike(
            FOR, None, [scene.official, scene.relative], [scene.programme.code], "审批结果为不同意，没有发放"
        )
        return


def namesake_of_approver(cast: Cast) -> None:
    """The beneficiary's brother bears the approver's name, and is somebody else."""
    for post in cast.posts(cadres=False, towns=False):
        programmes = [p for p in AUDITED if p.unit == post.unit]
        people = [p for p in cast.county.families.people if p.surname == post.person.surname and cast.ordinary(p)]
        for person in people:
            for tie in sibling_ties(person):
                brother = tie.relative
                if brother.sex != post.person.sex or not cast.ordinary(brother) or person.village is None:
                    continue
                for programme in programmes:
                    day = cast.day_in_post(post, programme)
                    near = cast.county.offices.entangled(person, authority(programme, person.village))
                    if near or not day or not cast.fits(programme, person):
                        continue
                    brother.name = post.person.name
                    cast.county.record_kinship(*tie.children)
                    cast.used.add(brother)
                    cast.pay(cast.apply(programme, person, day, brother, approver=post.person))
                    why = "审批人与受益人的兄弟姐妹同名，身份证号不同"
                    return cast.lookalike(FOR, None, [post.person, person], [programme.code], why)


def divorced_approver(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(cadres=False, towns=False), (former_in_law_ties,)):
        day = cast.day_in_post(post, programme, tie.since)
        if day and programme.unit == post.unit and tie.relative not in close_kin(post.person, day):
            return innocent_signed(cast, post, tie, programme, day, f"审批前已离婚，受益人是审批人{tie.term}")


def distant_approver(cast: Cast) -> None:
    for post, tie, programme in near_but(cast, cast.posts(cadres=False, towns=False), (distant_ties,)):
        day = cast.day_in_post(post, programme, tie.since)
        if day and programme.unit == post.unit and tie.relative not in close_kin(post.person, day):
            return innocent_signed(cast, post, tie, programme, day, f"远亲（{tie.term}），不在回避范围")


def innocent_signed(cast: Cast, post: Post, tie: Tie, programme: Programme, day: date, why: str) -> None:
    cast.record(post.person, tie)
    cast.pay(cast.apply(programme, tie.relative, day, post.person, approver=post.person))
    for query in (FOR, TO):
        cast.lookalike(query, None, [post.person, tie.relative], [programme.code], why)


def universal_signed(cast: Cast) -> None:
    """The town's cashier handles the pension of all, his own mother's among them."""
    for post in cast.posts(cadres=False):
        for tie in parent_ties(post.person):
            stream = next((s for s in cast.streams_of(tie.relative) if not s.programme.audited), None)
            if stream and post.holds(first_of(stream.months[0])) and post.end is None and cast.ordinary(tie.relative):
                stream.handler = post.person
                cast.record(post.person, tie)
                people = [post.person, tie.relative]
                return cast.lookalike(FOR, None, people, [stream.programme.code], "普惠项目的经办人，人人都有")


def declared_approver(cast: Cast) -> None:
    for scene in cast.scenes(cast.posts(cadres=False, towns=False), (sibling_ties,)):
        if scene.programme.unit != scene.post.unit:
            continue
        declared(cast, scene)
        cast.pay(cast.apply(scene.programme, scene.relative, scene.day, scene.official, approver=scene.official))
        for query in (FOR, TO):
            cast.lookalike(query, "low", [scene.official, scene.relative], [scene.programme.code], "审批前已申报备案")
        return
