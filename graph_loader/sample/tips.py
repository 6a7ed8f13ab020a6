"""What people write in: tips about anything under the sun, and some about what was planted."""

from collections.abc import Iterator
from datetime import date, timedelta

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import County, Tip, Truth
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import BY_NAME

MATCHES = "tip_matches_finding"
MATTERS = (
    ("村务公开", "反映村务公开栏半年没有更新"),
    ("集体林地承包", "反映集体林地承包没有开会"),
    ("宅基地审批", "反映邻居宅基地占了公共通道"),
    ("环境卫生", "反映垃圾清运不及时"),
    ("道路养护", "反映通组公路塌方没人管"),
    ("", "反映干部作风粗暴"),
    ("", "反映办事拖拉，跑了几趟没办成"),
)


def hear(county: County) -> None:
    """Ordinary tips, after everything was planted: about no programme and no project, and about nobody of whom there is more.

    Some name the head of a group of households who is not in the truth, nor near anybody who is, nor has such a one's name.
    """
    dice = county.dice
    known = {id for truth in county.truths for id in truth.persons}
    people = [person for person in county.families.people if person.id in known]
    names = {person.name for person in people}
    near = {official for person in people for official in county.offices.officials_around.get(person, ())}
    heads: dict[Village, list[str]] = {village: [""] for village in county.villages}
    for post in county.offices.posts:
        person = post.person
        if post.village and post.title == "组长" and not (person.id in known or person in near or person.name in names):
            heads[post.village].append(person.name)
    for _ in range(15 + len(county.villages) // 2):
        matter, content = dice.choice(MATTERS)
        village = dice.choice(county.villages)
        day = county.size.first_month + timedelta(days=dice.randrange((AS_OF - county.size.first_month).days))
        send(county, day, dice.choice(heads[village]), village, matter, content)


def send(county: County, day: date, about: str, village: Village | None, matter: str, content: str) -> Tip:
    number = f"JB{day.year}{county.numbers.next('tip'):05d}"
    state = county.dice.choice(("待办", "在办", "已办结"))
    tip = Tip(number, day, about, village, matter, content, state)
    county.tips.append(tip)
    return tip


def plant_tips(cast: Cast) -> None:
    """One of each; what they speak of was planted before, and leads of those plants are open on every day."""
    a_cadre_by_name(cast)
    a_project_by_name(cast)
    a_project_by_number(cast)
    a_fund_of_the_village(cast)
    name_without_village(cast)
    name_from_elsewhere(cast)
    lawful_project(cast)
    fund_of_another_village(cast)


def lately(cast: Cast) -> date:
    return AS_OF - timedelta(days=cast.dice.randint(5, 200))


def wrongs(cast: Cast, *queries: str) -> list[Truth]:
    """What was planted as wrong for these queries, shuffled."""
    found = [truth for truth in cast.county.truths if truth.kind == "wrong" and truth.query in queries]
    cast.dice.shuffle(found)
    return found


def accused_cadres(cast: Cast) -> Iterator[tuple[Person, Village]]:
    """Village cadres who did what is planted, with their village."""
    people = {person.id: person for person in cast.county.offices.by_person}
    for truth in wrongs(
        cast, "official_on_benefit", "self_approved", "payment_to_other_account", "own_company_contract"
    ):
        person = people.get(truth.persons[0])
        village = (
            next((post.village for post in cast.county.offices.by_person[person] if post.village), None)
            if person
            else None
        )
        if person and village:
            yield person, village


def matching(cast: Cast, tip: Tip, why: str) -> None:
    cast.wrong(MATCHES, "medium", [], [tip.number], why)


def beside_the_point(cast: Cast, tip: Tip, why: str) -> None:
    cast.lookalike(MATCHES, None, [], [tip.number], why)


def a_cadre_by_name(cast: Cast) -> None:
    for person, village in accused_cadres(cast):
        tip = send(cast.county, lately(cast), person.name, village, "", "反映该村干部为自己谋好处")
        return matching(cast, tip, "举报的村干部姓名和村都与线索相符")


def planted_projects(cast: Cast) -> Iterator[tuple[str, str, Village]]:
    """Number, name and village of projects of which no bid is on record, or that were let in another way than approved."""
    projects = {project.number: project for project in cast.county.projects}
    for truth in wrongs(cast, "tender_missing", "award_method_changed"):
        project = projects[truth.things[0]]
        yield project.number, project.name, project.village


def a_project_by_name(cast: Cast) -> None:
    for _, name, village in planted_projects(cast):
        tip = send(cast.county, lately(cast), "", village, name, "反映工程没有招标就定了人")
        return matching(cast, tip, "举报的项目全称与线索相符")


def a_project_by_number(cast: Cast) -> None:
    for number, _, village in planted_projects(cast):
        tip = send(cast.county, lately(cast), "", village, number, "反映工程早就内定")
        return matching(cast, tip, "举报的项目编号与线索相符")


def a_fund_of_the_village(cast: Cast) -> None:
    villages = {village.code: village for village in cast.county.villages}
    for truth in wrongs(cast, "compensation_diverted"):
        village = villages[truth.things[0]]
        tip = send(cast.county, lately(cast), "", village, "征地补偿款", "反映征地款没有发到户")
        return matching(cast, tip, "举报的村和资金与线索相符")


def name_without_village(cast: Cast) -> None:
    for person, _ in accused_cadres(cast):
        tip = send(cast.county, lately(cast), person.name, None, "", "反映该人有问题")
        return beside_the_point(cast, tip, "只有姓名，没有村，留待姓名核对")


def name_from_elsewhere(cast: Cast) -> None:
    """Somebody of the name lives in another town, where nobody accused bears it."""
    for person, village in accused_cadres(cast):
        others = [other for other in cast.county.villages if other.town is not village.town]
        other = cast.dice.choice(others)
        if person.village is other:
            continue
        tip = send(cast.county, lately(cast), person.name, other, "", "反映该人虚报冒领")
        return beside_the_point(cast, tip, "同名，但在别的乡镇")


def lawful_project(cast: Cast) -> None:
    """A project of which nothing is known but that it was approved, tendered, built and paid."""
    spoken = {thing.split("#")[0] for truth in cast.county.truths for thing in truth.things}
    contracts = {contract.number: contract.project.number for contract in cast.county.contracts}
    spoken |= {contracts[thing] for thing in spoken if thing in contracts}
    lawful = [project for project in cast.county.projects if project.number not in spoken and project.done]
    project = cast.dice.choice(lawful)
    tip = send(cast.county, lately(cast), "", project.village, project.number, "反映工程质量差")
    beside_the_point(cast, tip, "举报的项目没有线索")


def fund_of_another_village(cast: Cast) -> None:
    """Land was taken in the village, and the money reached the holders."""
    fund = BY_NAME["征地补偿款"]
    about = {thing for truth in cast.county.truths if fund.code in truth.things for thing in truth.things}
    villages = [village for village in cast.county.villages if village.code not in about]
    tip = send(cast.county, lately(cast), "", cast.dice.choice(villages), fund.name, "反映征地款标准低")
    beside_the_point(cast, tip, "该村的征地补偿款没有线索")
