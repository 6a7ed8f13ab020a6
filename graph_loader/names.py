"""How alike a name as written and a person's name are: the same, masked, sounding alike, looking alike.

A likeness never says that two people are one; it puts those whom a person should look at in order.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from graph_loader.pinyin import sounds_of

MASK = re.compile(r"[*某×Xx○●﹡✱]")
LOOK_ALIKE = (
    "己已巳", "未末", "戊戌戍戎", "土士", "日曰", "廷延", "冶治", "侯候", "祁祈", "钧钓钩", "晴睛", "荣莱", "天夭", "刀刁", "兰三",
    "于干千", "午牛", "田由甲申", "玉王主", "大太犬", "人入", "八入", "木本术", "目自", "石右", "洋泮", "沐沭", "淇淏", "汪江", "清请",
    "明朋", "晓哓", "昊吴", "昱显", "晨辰", "杨扬", "梅海", "桂佳", "柱桩", "根银", "栋拣", "永水", "冰泳", "文又", "刚冈岗", "丽雨",
    "芬芳", "莲连", "苗茁", "英芙", "萍苹", "蓉容", "贤坚", "贵责", "财材", "宝室", "宏安", "富官", "宇字", "达迖", "建健", "华毕",
    "伟传", "俊浚", "佺全", "志忐", "思恩", "惠慧", "友发", "双汉", "凤风", "艳绝", "红江", "纪记", "继维", "绪诸", "良艮", "辉挥", "勇男",
)  # fmt: skip
"""Characters that are taken for each other when a list is copied by hand or read by a machine."""
_GROUPS: dict[str, set[int]] = {}
for _number, _group in enumerate(LOOK_ALIKE):
    for _letter in _group:
        _GROUPS.setdefault(_letter, set()).add(_number)

DIALECT = ((r"^([zcs])h", r"\1"), (r"^n(?=[^g])", "l"), (r"^f", "h"), (r"ng$", "n"))
"""Sounds that are not kept apart in much of the south: zh/z, n/l, f/h, -ng/-n."""

LEAST = 40
"""The least likeness there is but none. A shared surname and generation character is no likeness: brothers have both."""
HEARD_ALIKE = 70
"""So alike (0–100) are the spellings in pinyin of sounds that are misheard for each other."""


@dataclass(frozen=True)
class Likeness:
    """`score` of 0–100; `how`: `same`, `masked`, `sound`, `dialect`, `look`, `near` or `none`."""

    score: int
    how: str


def likeness(written: str, known: str) -> Likeness:
    """How alike a written name, perhaps masked (吴某顺, 张*), is to the name of a known person."""
    if written == known:
        return Likeness(100, "same")
    if MASK.search(written[1:]):
        return _masked(written, known)
    if len(written) == len(known) and known:
        pairs = list(zip(written, known, strict=True))
        other = [pair for pair in pairs if pair[0] != pair[1]]
        surname = 0 if pairs[0][0] == pairs[0][1] else 10
        for how, score, alike in (("sound", 92, _same_sound), ("look", 85, _look_alike), ("dialect", 82, _near_sound)):
            if all(alike(*pair) or _same_sound(*pair) for pair in other):
                return Likeness(score - surname - 4 * (len(other) - 1), how)
        if sorted(written) == sorted(known) and written[0] == known[0]:
            return Likeness(65, "near")
        if all(_heard_alike(*pair) for pair in other) and surname == 0:
            return Likeness(60 - 5 * (len(other) - 1), "near")
    if written[:1] == known[:1] and abs(len(written) - len(known)) == 1 and _within(*sorted((written, known), key=len)):
        return Likeness(50, "near")
    return Likeness(0, "none")


def is_masked(name: str) -> bool:
    """Whether characters of a name were made unreadable on purpose."""
    return bool(MASK.search(name[1:]))


def _masked(written: str, known: str) -> Likeness:
    """Every readable character in its place; 某某 and ** at the end hide one or two characters."""
    visible = sum(1 for letter in written if not MASK.match(letter))
    pattern = "".join("." if MASK.match(letter) and at else re.escape(letter) for at, letter in enumerate(written))
    if re.fullmatch(pattern, known):
        return Likeness(35 + 20 * min(visible - 1, 2) + 10, "masked")
    if re.fullmatch(re.escape(written[0]) + ".{1,2}", known) and visible == 1:
        return Likeness(LEAST, "masked")
    return Likeness(0, "none")


_sounds = lru_cache(20_000)(sounds_of)


@lru_cache(20_000)
def _dialect_sounds(letter: str) -> frozenset[str]:
    sounds = set()
    for sound in _sounds(letter):
        for pattern, meant in DIALECT:
            sound = re.sub(pattern, meant, sound)
        sounds.add(sound)
    return frozenset(sounds)


def _same_sound(one: str, other: str) -> bool:
    return one == other or bool(_sounds(one) & _sounds(other))


def _near_sound(one: str, other: str) -> bool:
    return one == other or bool(one and other and _dialect_sounds(one) & _dialect_sounds(other))


def _look_alike(one: str, other: str) -> bool:
    return one == other or bool(_GROUPS.get(one, set()) & _GROUPS.get(other, set()))


def _heard_alike(one: str, other: str) -> bool:
    return any(fuzz.ratio(a, b) >= HEARD_ALIKE for a in _sounds(one) for b in _sounds(other))


def _within(shorter: str, longer: str) -> bool:
    """Whether the characters of one stand in the other in their order."""
    rest = iter(longer)
    return len(shorter) > 1 and all(letter in rest for letter in shorter)
