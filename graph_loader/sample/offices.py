"""Who held which post when: village cadres by election, town governments, county departments; and what they declared."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from graph_loader.sample.families import AS_OF, Families, Person
from graph_loader.sample.names import any_surname
from graph_loader.sample.places import COUNTY_NAME, Town, Village
from graph_loader.sample.relatives import circle

ELECTIONS = (date(2014, 4, 10), date(2017, 6, 5), date(2020, 12, 20))
VILLAGE_POSTS = ("支部书记", "村主任", "会计", "文书", "组长")
TOWN_POSTS = (
    ("党委书记", "乡科级正职", "全面工作"),
    ("镇长", "乡科级正职", "政府全面工作"),
    ("副镇长", "乡科级副职", "民政、扶贫"),
    ("民政办主任", "一级科员", "社会救助"),
    ("财政所所长", "一级科员", "一卡通发放"),
    ("经济发展办主任", "一级科员", "项目建设"),
    ("办事员", "科员", "窗口受理"),
    ("农业站站长", "科员", "农业生产"),
)
UNIT_POSTS = (
    ("局长", "乡科级正职", "全面工作"),
    ("副局长", "乡科级副职", "业务审批"),
    ("股长", "一级科员", "审核"),
    ("科员", "科员", "项目管理"),
    ("副局长", "乡科级副职", "项目建设"),
    ("科员", "科员", "档案"),
)
DEPARTMENTS = (
    "民政局",
    "农业农村局",
    "住房和城乡建设局",
    "人力资源和社会保障局",
    "残疾人联合会",
    "林业局",
    "乡村振兴局",
    "水利局",
    "卫生健康局",
    "自然资源局",
    "应急管理局",
    "财政局",
    "交通运输局",
    "发展和改革局",
)
BYSTANDERS = ("人民医院", "第一中学", "融媒体中心")
FINANCE = f"{COUNTY_NAME}财政局"


@dataclass(eq=False)
class Post:
    """One term in one post: from `start` until `end` (that day outside), or still today."""

    person: Person
    title: str
    start: date
    end: date | None
    unit: str = ""
    rank: str = ""
    duty: str = ""
    village: Village | None = None  # of a village cadre
    town: Town | None = None  # of a town official
    contact: Village | None = None  # 联系村

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    @property
    def cadre(self) -> bool:
        return self.village is not None

    def charges(self) -> set[str]:
        """Keys of all that the post is in charge of."""
        keys = set()
        if self.village:
            keys.add(village_key(self.village))
        if self.contact:
            keys.add(village_key(self.contact))
        if self.town:
            keys.add(town_key(self.town))
        if self.unit:
            keys.add(unit_key(self.unit))
        return keys


def village_key(village: Village) -> str:
    return f"村:{village.code}"


def town_key(town: Town) -> str:
    return f"镇:{town.code}"


def unit_key(unit: str) -> str:
    return f"单位:{unit}"


def place_keys(village: Village) -> set[str]:
    """Whose officials are in charge of a village."""
    return {village_key(village), town_key(village.town)}


@dataclass(eq=False)
class Declaration:
    """亲属申报: what an official declared about one relative."""

    official: Person
    relative: Person
    term: str
    filed: date | None
    with_id: bool = True
    work: str = ""
    matter: str = ""


class Offices:
    """All posts, and the circle of kin around whoever is or was in charge of something."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.by_charge: dict[str, list[Post]] = defaultdict(list)
        self.by_person: dict[Person, list[Post]] = defaultdict(list)
        self.close: dict[Person, set[Person]] = {}
        self.officials_around: dict[Person, set[Person]] = defaultdict(set)
        self.declarations: list[Declaration] = []

    def add(self, post: Post) -> Post:
        self.posts.append(post)
        self.by_person[post.person].append(post)
        for key in post.charges():
            self.by_charge[key].append(post)
        return post

    def draw_circles(self) -> None:
        for official in self.by_person:
            self.close[official] = circle(official)
            for person in self.close[official]:
                self.officials_around[person].add(official)

    def charged(self, keys: Iterable[str]) -> set[Person]:
        """Everybody who ever held a post with one of these charges."""
        return {post.person for key in keys for post in self.by_charge[key]}

    def entangled(self, person: Person, keys: Iterable[str]) -> set[Person]:
        """The officials with one of these charges, at any time, who are this person or stand in his circle."""
        around = self.officials_around.get(person, set()) | {person}
        if not around:
            return set()
        keys = set(keys)
        return {
            official
            for official in around
            if any(not keys.isdisjoint(post.charges()) for post in self.by_person.get(official, ()))
        }

    def in_post(self, person: Person, day: date) -> list[Post]:
        return [post for post in self.by_person.get(person, ()) if post.holds(day)]

    def holders(self, key: str, day: date, titles: tuple[str, ...] = ()) -> list[Post]:
        """The posts with a charge that are held on a day, those with one of the titles first."""
        held = [post for post in self.by_charge[key] if post.holds(day)]
        return sorted(held, key=lambda post: post.title not in titles)


def fill_offices(families: Families, towns: list[Town], departments_of: int, dice: random.Random) -> Offices:
    """Elects cadres, appoints officials with their predecessors, and draws the circles of kin."""
    offices = Offices()
    adults: dict[Village, list[Person]] = defaultdict(list)
    for person in families.people:
        if person.village and person.registered and person.left is None and 1957 <= person.born.year <= 1996:
            adults[person.village].append(person)
    for town in towns:
        for village in town.villages:
            elect(offices, village, adults[village], dice)
    taken = set(offices.by_person)
    everybody = [person for village in adults for person in adults[village]]
    for town in towns:
        others = [person for person in everybody if person.village and person.village.town is not town]
        for title, rank, duty in TOWN_POSTS[: departments_of + 2]:
            if town.name.endswith("乡"):
                title = title.replace("镇长", "乡长")
            contact = dice.choice(town.villages) if dice.random() < 0.5 else None
            seat = Seat(title, rank, duty, town.government, town, contact)
            appoint(offices, seat, others, taken, families, dice)
    villages = [village for town in towns for village in town.villages]
    for name in (*DEPARTMENTS, *BYSTANDERS):
        for title, rank, duty in UNIT_POSTS[:departments_of]:
            contact = dice.choice(villages) if name in DEPARTMENTS and dice.random() < 0.2 else None
            if name in BYSTANDERS:
                title, duty = "职员", ""
            elif name.endswith("联合会"):
                title = title.replace("局长", "理事长")
            appoint(
                offices, Seat(title, rank, duty, COUNTY_NAME + name, None, contact), everybody, taken, families, dice
            )
    offices.draw_circles()
    for official in offices.by_person:
        declare(offices, official, dice)
    return offices


def elect(offices: Offices, village: Village, adults: list[Person], dice: random.Random) -> None:
    """Three elections; a good half of the cadres are elected again, some with another post."""
    sitting: dict[str, Post] = {}
    for number, election in enumerate(ELECTIONS):
        day = election + timedelta(days=dice.randint(0, 40))
        chosen: set[Person] = set()
        following: dict[str, Post] = {}
        for title in VILLAGE_POSTS:
            before = sitting.get(title)
            if before and dice.random() < 0.6 and before.person.alive(AS_OF) and before.person not in chosen:
                if dice.random() < 0.5:
                    following[title] = before
                    chosen.add(before.person)
                    continue
                person = before.person
            else:
                fit = [
                    p
                    for p in adults
                    if 26 <= p.age(day) < 58 and p.alive(AS_OF) and p not in chosen and not offices.by_person.get(p)
                ]
                if not fit:
                    continue
                men = [p for p in fit if p.male]
                person = dice.choice(men if men and dice.random() < 0.8 else fit)
            chosen.add(person)
            following[title] = offices.add(Post(person, title, day, None, village=village))
        for title, post in sitting.items():
            if following.get(title) is not post:
                post.end = day
        sitting = following
        if number == len(ELECTIONS) - 1:
            for post in list(sitting.values()):
                if dice.random() < 0.12:  # stepped down before the next election
                    post.end = date(2022, 1, 1) + timedelta(days=dice.randrange(400))


class Seat(NamedTuple):
    """A post of a town government or county unit that several people hold one after the other."""

    title: str
    rank: str
    duty: str
    unit: str
    town: Town | None
    contact: Village | None


def appoint(
    offices: Offices, seat: Seat, pool: list[Person], taken: set[Person], families: Families, dice: random.Random
) -> None:
    """The holders of one seat since 2014; one in six comes from outside the county."""
    day = date(2014, 1, 1) + timedelta(days=dice.randrange(400))
    while day < AS_OF:
        end: date | None = day + timedelta(days=dice.randint(900, 2600))
        if end and end > AS_OF - timedelta(days=120):
            end = None
        person = newcomer(families, dice) if dice.random() < 0.17 else None
        for _ in range(200):
            if person:
                break
            one = dice.choice(pool)
            if one not in taken and one.age(day) >= 24 and one.age(end or AS_OF) < 60 and one.alive(AS_OF):
                person = one
        if person is None:
            return
        taken.add(person)
        offices.add(Post(person, seat.title, day, end, seat.unit, seat.rank, seat.duty, None, seat.town, seat.contact))
        if end is None:
            return
        day = end


def newcomer(families: Families, dice: random.Random) -> Person:
    """Somebody from another county, without family here."""
    sex = "男" if dice.random() < 0.7 else "女"
    return families.person(any_surname(dice), sex, date(1966, 1, 1) + timedelta(days=dice.randrange(8400)), None)


def declared_terms(official: Person) -> list[tuple[Person, str]]:
    """The relatives an official would name, with the word for each."""
    found: list[tuple[Person, str]] = []
    spouse = official.spouse(AS_OF)
    if spouse:
        found.append((spouse, "妻子" if official.male else "丈夫"))
    for parent in official.parents():
        found.append((parent, "父亲" if parent.male else "母亲"))
    for child in official.children:
        found.append((child, "儿子" if child.male else "女儿"))
        partner = child.spouse(AS_OF)
        if partner:
            found.append((partner, "儿媳" if child.male else "女婿"))
    for sibling in official.siblings():
        older = sibling.born < official.born
        found.append((sibling, ("哥哥" if older else "弟弟") if sibling.male else ("姐姐" if older else "妹妹")))
    if spouse:
        for parent in spouse.parents():
            if official.male:
                found.append((parent, "岳父" if parent.male else "岳母"))
            else:
                found.append((parent, "公公" if parent.male else "婆婆"))
        for sibling in spouse.siblings():
            older = sibling.born < spouse.born
            if official.male:
                found.append(
                    (sibling, ("妻兄" if older else "妻弟") if sibling.male else ("妻姐" if older else "妻妹"))
                )
    return [(person, term) for person, term in found if person.died is None]


def declare(offices: Offices, official: Person, dice: random.Random) -> None:
    if dice.random() > 0.65:
        return
    filed = date(2018, 3, 1) + timedelta(days=dice.randrange(1900))
    for relative, term in declared_terms(official):
        if dice.random() < 0.75:
            work = "务农" if dice.random() < 0.7 else ""
            offices.declarations.append(
                Declaration(
                    official, relative, term, filed if dice.random() < 0.95 else None, dice.random() < 0.85, work
                )
            )
