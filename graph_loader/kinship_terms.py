"""The words for relatives: what a 称谓 or a 与户主关系 says, and what an investigator calls a relative.

A relation is a path of single moves away from a person: U to a parent, D to a child, S to a sibling, M to a spouse.
`MS` is a spouse's sibling, `USD` a cousin. Words are read into such paths (`read`), and paths get their words
back by the sexes and ages of the people on them (`term_of`).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

CLOSENESS = {"spouse": 1, "直系": 2, "旁系三代": 3, "近姻亲": 4}
"""How close the recusal rules hold a relative, and the order of it (公务员回避规定: 夫妻、直系血亲、三代以内旁系血亲、近姻亲)."""

PATTERNS = {
    "M": "spouse",
    **dict.fromkeys(["U", "UU", "UUU", "UUUU", "D", "DD", "DDD", "DDDD"], "直系"),
    **dict.fromkeys(["S", "US", "SD", "USD"], "旁系三代"),
    **dict.fromkeys(["MU", "DM", "MS", "SM", "MSM", "DMU", "UM", "MD"], "近姻亲"),
    **dict.fromkeys(["USM", "SDM", "USDM"], "近姻亲"),
}
"""The paths that are kin, and how close, as seen from the one whose power is asked about. The rule names the spouses of one's own
collaterals (姑父), not the collaterals of one's spouse (妻侄): so 姑父 is kin to the nephew, and the nephew is not to 姑父."""

EITHER = "either"
"""Kind of a parent of whom the record only says 'adoptive or step': counts as 近姻亲, the weaker of the two."""


class Step(NamedTuple):
    """One move. `sex` of the person reached (m, f or empty); `elder` than the person the word compares with, if the word
    says so; `kind` of a parent-child tie (blood, adoptive, either); `cross`: this sibling tie is one of 表, not of 堂."""

    move: str
    sex: str = ""
    elder: bool | None = None
    kind: str = "blood"
    cross: bool = False


@dataclass(frozen=True)
class Relation:
    """What a word says: the steps to the relative, none for the person themself. `rank` of a child among its like (长子 1)."""

    steps: tuple[Step, ...]
    rank: int | None = None

    @property
    def pattern(self) -> str:
        return "".join(step.move for step in self.steps)


_WORDS = """
M        配偶 夫妻 爱人 夫妇
Mm       丈夫 夫 老公
Mf       妻子 妻 老婆
U        父母 父或母
Um       父亲 父 爸爸 爸 生父
Uf       母亲 母 妈妈 妈 生母
Ua       养父母
Uma      养父
Ufa      养母
Ume      养父或继父 继父或养父
Ufe      养母或继母 继母或养母
Ue       养父母或继父母 继父母或养父母
U,M      继父母
Uf,Mm    继父 后父
Um,Mf    继母 后母
D        子女 儿女 孩子 独生子女
Dm       儿子 子 独生子 独子 男孩 其他儿子 其他子
Df       女儿 女 独生女 独女 女孩 其他女儿 其他女
Da       养子女
Dma      养子
Dfa      养女
De       养子女或继子女 继子女或养子女
Dme      养子或继子 继子或养子
Dfe      养女或继女 继女或养女
M,D      继子女
M,Dm     继子
M,Df     继女
Um,U     祖父母
Um,Um    祖父 爷爷 爷
Um,Uf    祖母 奶奶 奶
Uf,U     外祖父母
Uf,Um    外祖父 外公 姥爷
Uf,Uf    外祖母 外婆 姥姥
U,U      祖父母或外祖父母
U,Um     祖父或外祖父
U,Uf     祖母或外祖母
Um,Um,Um 曾祖父 太爷爷
Um,Um,Uf 曾祖母 太奶奶
Uf,Um,Um 外曾祖父
Uf,Um,Uf 外曾祖母
Um,Uf,Um 曾外祖父
Um,Uf,Uf 曾外祖母
Uf,Uf,Um 外曾外祖父
Uf,Uf,Uf 外曾外祖母
U,U,U    曾祖辈
Um,Um,Um,Um 高祖父
Um,Um,Um,Uf 高祖母
U,U,U,U  高祖辈
Dm,D     孙子女
Dm,Dm    孙子 孙 孙儿
Dm,Df    孙女
Df,D     外孙子女
Df,Dm    外孙 外孙子
Df,Df    外孙女
D,D      孙子女或外孙子女 孙子、孙女或外孙子、外孙女 其他孙子、孙女或外孙子、外孙女
D,Dm     孙子或外孙
D,Df     孙女或外孙女
Dm,Dm,Dm 曾孙 曾孙子 重孙 重孙子
Dm,Dm,Df 曾孙女 重孙女
Dm,Df,Dm 曾外孙 曾外孙子
Dm,Df,Df 曾外孙女
Df,Dm,Dm 外曾孙 外曾孙子
Df,Dm,Df 外曾孙女
Df,Df,Dm 外曾外孙
Df,Df,Df 外曾外孙女
D,D,D    曾孙辈
D,D,Dm   曾孙子或外曾孙子
D,D,Df   曾孙女或外曾孙女
Dm,Dm,Dm,Dm 玄孙
Dm,Dm,Dm,Df 玄孙女
D,D,D,D  玄孙辈
Dm,Mf    儿媳 儿媳妇 媳 子媳
Df,Mm    女婿
D,M      子女的配偶
Dm,Dm,Mf 孙媳 孙媳妇
Dm,Df,Mm 孙女婿
Df,Dm,Mf 外孙媳 外孙媳妇
Df,Df,Mm 外孙女婿
D,Dm,Mf  孙媳妇或外孙媳妇
D,Df,Mm  孙女婿或外孙女婿
D,M,U    亲家
D,M,Um   亲家公 亲家翁
D,M,Uf   亲家母
S        兄弟姐妹 其他兄弟姐妹 兄弟姊妹
Sm       兄弟
Sf       姐妹 姊妹
Sm+      哥哥 哥 兄 兄长 胞兄
Sm-      弟弟 弟 胞弟
Sf+      姐姐 姐 姊 胞姐
Sf-      妹妹 妹 胞妹
Sm,Mf    嫂子或弟媳
Sm+,Mf   嫂子 嫂 嫂嫂
Sm-,Mf   弟媳 弟妹 弟妇 弟媳妇
Sf,Mm    姐夫或妹夫
Sf+,Mm   姐夫
Sf-,Mm   妹夫 妹婿
S,M      兄弟姐妹的配偶
Sm,D     侄子女
Sm,Dm    侄子 侄 侄儿
Sm,Df    侄女 侄女儿
Sf,D     外甥或外甥女
Sf,Dm    外甥 外甥子
Sf,Df    外甥女
S,D      侄甥
S,Dm     侄子或外甥
S,Df     侄女或外甥女
Sm,Dm,Mf 侄媳 侄媳妇 侄儿媳妇
Sm,Df,Mm 侄女婿
Sf,Dm,Mf 外甥媳 外甥媳妇
Sf,Df,Mm 外甥女婿
S,Dm,Mf  侄媳或外甥媳
S,Df,Mm  侄女婿或外甥女婿
S,D,M    侄甥的配偶
U,S      伯叔姑舅姨
U,Sm     伯叔舅
U,Sf     姑母或姨母
Um,S     伯叔姑
Um,Sm    伯父或叔父
Um,Sm+   伯父 伯伯 伯 大爷
Um,Sm-   叔父 叔叔 叔
Um,Sf    姑母 姑姑 姑 姑妈
Uf,S     舅父或姨母
Uf,Sm    舅父 舅舅 舅
Uf,Sf    姨母 姨 姨妈
Um,Sm,Mf 伯母或婶母
Um,Sm+,Mf 伯母
Um,Sm-,Mf 婶母 婶婶 婶子 婶 叔母
Um,Sf,Mm 姑父 姑夫 姑丈
Uf,Sm,Mf 舅母 舅妈
Uf,Sf,Mm 姨父 姨夫 姨丈
U,Sm,Mf  伯叔舅的妻子
U,Sf,Mm  姑父或姨父
U,S,M    伯叔姑舅姨的配偶
Mf,U     岳父母
Mf,Um    岳父 丈人 老丈人 岳丈
Mf,Uf    岳母 丈母娘
Mm,U     公婆
Mm,Um    公公 家公
Mm,Uf    婆婆 家婆
M,U      配偶的父母
M,Um     配偶的父亲
M,Uf     配偶的母亲
M,U,U    配偶的祖父母或外祖父母
M,U,U,Um 配偶的曾祖父或外曾祖父
Mf,Sm    妻兄弟 内兄弟 舅子 妻舅
Mf,Sm+   妻兄 内兄 大舅子 大舅哥 舅兄 妻哥
Mf,Sm-   妻弟 内弟 小舅子 舅弟
Mf,Sf    妻姐妹
Mf,Sf+   妻姐 大姨子 大姨姐
Mf,Sf-   妻妹 小姨子 姨妹
Mf,S     妻兄弟姐妹
Mm,Sm    夫兄弟
Mm,Sm+   夫兄 大伯子
Mm,Sm-   夫弟 小叔子
Mm,Sf    夫姐妹
Mm,Sf+   夫姐 大姑子 大姑姐
Mm,Sf-   夫妹 小姑子
Mm,S     夫兄弟姐妹
Mf,Sf,Mm 连襟 襟兄 襟弟
Mf,Sf+,Mm 妻姐夫
Mf,Sf-,Mm 妻妹夫
Mf,Sm,Mf 妻兄弟的妻子
Mf,Sm+,Mf 妻嫂 舅嫂
Mf,Sm-,Mf 妻弟媳
Mm,Sm,Mf 妯娌
Mm,Sf,Mm 夫姐妹的丈夫
Mm,Sf+,Mm 夫姐夫
Mm,Sf-,Mm 夫妹夫
M,S,M    配偶的兄弟姐妹的配偶
Mf,Sm,Dm 妻侄 内侄 妻侄子
Mf,Sm,Df 妻侄女 内侄女
Mf,Sf,Dm 妻外甥
Mf,Sf,Df 妻外甥女
Mm,Sm,Dm 夫侄 夫侄子
Mm,Sm,Df 夫侄女
Mm,Sf,Dm 夫外甥
Mm,Sf,Df 夫外甥女
"""
"""Words of the register (GB/T 4761-2008, in words) and of declarations, by path."""

_COUSINS = {"堂": "Um,Sm", "表": "U,Sx", "姑表": "Um,Sf", "舅表": "Uf,Sm", "姨表": "Uf,Sf", "堂表": "U,S"}
_COUSIN_ENDS = {
    "D": "兄弟姐妹",
    "Dm": "兄弟",
    "Df": "姐妹",
    "Dm+": "兄 哥 哥哥",
    "Dm-": "弟 弟弟",
    "Df+": "姐 姐姐",
    "Df-": "妹 妹妹",
    "D,M": "兄弟姐妹的配偶",
    "Dm,Mf": "兄弟的妻子",
    "Dm+,Mf": "嫂 嫂子",
    "Dm-,Mf": "弟媳 弟妹 弟媳妇",
    "Df,Mm": "姐妹的丈夫",
    "Df+,Mm": "姐夫",
    "Df-,Mm": "妹夫",
}
_HEAD = {"户主", "本人", "本人或户主", "户主本人"}
_AMBIGUOUS = {"小叔", "小姑", "小姨", "小舅", "大伯", "大姑", "大姨", "大爷", "媳", "媳妇", "外侄"}
"""Words that mean different relatives in different places: nothing is guessed from them."""
_IN_THE_REGISTER = {"媳": "儿媳", "媳妇": "儿媳"}
"""Words that mean only one relative where the wife has a word of her own (妻, 配偶)."""
_RANKS = {
    "长": 1,
    "大": 1,
    "首": 1,
    "次": 2,
    **dict(zip("一二三四五六七八九", range(1, 10), strict=True)),
    "小": 99,
    "幼": 99,
}
_MAY_BE_RANKED = re.compile(
    r"子|女|儿子|女儿|媳|儿媳|儿媳妇|女婿|孙|孙子|孙女|外孙|外孙子|外孙女|[兄哥弟姐妹嫂伯叔姑舅姨]|哥哥|弟弟|姐姐|妹妹|弟媳|姐夫|妹夫|叔叔|舅舅|伯父|叔父|姑母|舅父|姨母|姑父|姨父|婶|舅母|姑姑"
)
_CODES = (
    "01本人 02户主 10配偶 11夫 12妻 20子 21独生子 22长子 23次子 24三子 25四子 26五子 27养子或继子 28女婿 29其他儿子 "
    "30女 31独生女 32长女 33次女 34三女 35四女 36五女 37养女或继女 38儿媳 39其他女儿 40孙子女或外孙子女 41孙子 42孙女 "
    "43外孙 44外孙女 45孙媳妇或外孙媳妇 46孙女婿或外孙女婿 47曾孙子或外曾孙子 48曾孙女或外曾孙女 49孙子女或外孙子女 "
    "50父母 51父亲 52母亲 53公公 54婆婆 55岳父 56岳母 57继父或养父 58继母或养母 60祖父母或外祖父母 61祖父 62祖母 "
    "63外祖父 64外祖母 65配偶的祖父母或外祖父母 66曾祖父 67曾祖母 68配偶的曾祖父或外曾祖父 70兄弟姐妹 71兄 72嫂 73弟 "
    "74弟媳 75姐姐 76姐夫 77妹妹 78妹夫 79其他兄弟姐妹 81伯父 82伯母 83叔父 84婶母 85舅父 86舅母 87姨父 88姨母 89姑父 "
    "90姑母 91堂兄弟姐妹 92表兄弟姐妹 93侄子 94侄女 95外甥 96外甥女"
)
"""The two-digit codes of GB/T 4761-2008 that stand for a relative."""


def _step(text: str) -> Step:
    found = re.fullmatch(r"([UDSM])([mf]?)([+-]?)([aex]?)", text)
    assert found, text
    move, sex, order, mark = found.groups()
    kind = {"a": "adoptive", "e": EITHER}.get(mark, "blood")
    return Step(move, sex, {"+": True, "-": False}.get(order), kind, mark == "x")


def _path(text: str) -> tuple[Step, ...]:
    return tuple(_step(part) for part in text.split(","))


@cache
def _dictionary() -> dict[str, Relation]:
    words: dict[str, Relation] = {}
    for line in _WORDS.strip().splitlines():
        path, *spellings = line.split()
        words |= {word: Relation(_path(path)) for word in spellings}
    for prefix, start in _COUSINS.items():
        for end, spellings_of_end in _COUSIN_ENDS.items():
            words |= {prefix + word: Relation(_path(f"{start},{end}")) for word in spellings_of_end.split()}
    for prefix in ("堂", "表"):
        words[f"{prefix}兄弟、{prefix}姐妹"] = words[f"{prefix}兄弟姐妹"]
    for entry in _CODES.split():
        code, word = entry[:2], entry[2:]
        relation = Relation(()) if word in _HEAD else words.get(word) or _ranked(word, words)
        assert relation is not None, word
        words[code] = relation
    return words


def _ranked(word: str, words: dict[str, Relation]) -> Relation | None:
    """长子, 三女, 大哥, 二姨: the plain word with its place in the row of siblings."""
    if word[:1] not in _RANKS or not _MAY_BE_RANKED.fullmatch(word[1:]):
        return None
    plain = words.get(word[1:])
    return Relation(plain.steps, _RANKS[word[0]]) if plain else None


@cache
def read_role(text: str) -> Relation | None:
    """What a 与户主关系 says, see `read`."""
    return read(_IN_THE_REGISTER.get(text.strip(), text))


@cache
def read(text: str) -> Relation | None:
    """What a 与户主关系 or 称谓 says, or None if it says no kinship or nothing certain.

    Blanks, brackets with what is in them, and 之/其/本人的/户主的 in front make no difference. Words joined by 的 or 之 are
    followed one after the other (妻子的弟弟). A child of a parent is a sibling here, a parent of a sibling a parent.
    """
    word = re.sub(r"[（(【\[].*?[)）】\]]|\s", "", unicodedata.normalize("NFKC", text))
    if word in _HEAD:
        return Relation(())
    word = re.sub(r"^(?:本人|户主|其)?[的之]?(?=.)", "", word) or word
    words = _dictionary()
    if word in _AMBIGUOUS:
        return None
    known = words.get(word) or _ranked(word, words)
    if known is not None:
        return known
    spouse = words.get(word[:1]) if word[:1] in ("妻", "夫") else None
    blood = read(word[1:]) if spouse and len(word) > 1 else None
    if spouse and blood and blood.pattern in ("US", "SD", "USD"):
        return Relation(spouse.steps + blood.steps)
    parts = re.split("[的之]", word)
    relations = [read(part) for part in parts if part and part != word]
    if len(parts) < 2 or len(relations) < len(parts) or None in relations:
        return None
    return Relation(_simplified(tuple(step for relation in relations if relation for step in relation.steps)))


def _simplified(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same path with 'a child of a parent' as a sibling and 'a parent of a sibling' as a parent."""
    for i in range(len(steps) - 1):
        pair = steps[i].move + steps[i + 1].move
        if pair in ("UD", "SU", "SS") and (pair != "UD" or steps[i + 1].kind == steps[i].kind == "blood"):
            move = {"UD": "S", "SU": "U", "SS": "S"}[pair]
            return _simplified((*steps[:i], steps[i + 1]._replace(move=move, elder=None), *steps[i + 2 :]))
    return steps


def term_of(pattern: str, sexes: str, elder: bool | None = None, kind: str = "blood", cross: bool = False) -> str:
    """What an investigator calls the relative at the end of a path; a neutral word where sex or age is not known.

    `sexes`: one m, f or ? each for the person themself and everybody on the path. `elder`: whether the one whose age the word
    depends on is the elder (the sibling in 哥哥, 嫂子 and 伯父, the cousin in 堂兄 and 堂嫂). `kind` of a parent or child:
    blood, adoptive, either. `cross`: a cousin of whom it is only known that 表 is right.
    """
    last = sexes[-1]
    if pattern in ("MS", "MSD", "MUS", "MUSD"):
        return _of_the_spouse(pattern, sexes, elder, cross)
    match pattern:
        case "M":
            return _by(last, "丈夫", "妻子", "配偶")
        case "U" if kind == EITHER:
            return _by(last, "养父或继父", "养母或继母", "养父母或继父母")
        case "D" if kind == EITHER:
            return _by(last, "养子或继子", "养女或继女", "养子女或继子女")
        case "U":
            adoptive = kind == "adoptive"
            return _by(last, "养父", "养母", "养父母") if adoptive else _by(last, "父亲", "母亲", "父母")
        case "D" if kind == "adoptive":
            return _by(last, "养子", "养女", "养子女")
        case "D":
            return _by(last, "儿子", "女儿", "子女")
        case "UU":
            if sexes[1] == "?":
                return _by(last, "祖父或外祖父", "祖母或外祖母", "祖父母或外祖父母")
            return _by(sexes[1], "", "外", "") + _by(last, "祖父", "祖母", "祖父母")
        case "DD":
            if sexes[1] == "?":
                return _by(last, "孙子或外孙", "孙女或外孙女", "孙子女或外孙子女")
            return _by(sexes[1], "", "外", "") + _by(last, _by(sexes[1], "孙子", "孙", ""), "孙女", "孙子女")
        case "UUU":
            if "?" in sexes[1:]:
                return "曾祖辈"
            return _by(sexes[1], "", "外", "") + _by(sexes[2], "曾", "曾外", "") + _by(last, "祖父", "祖母", "")
        case "DDD":
            if "?" in sexes[1:]:
                return _by(last, "曾孙子或外曾孙子", "曾孙女或外曾孙女", "曾孙辈")
            return _by(sexes[1], "", "外", "") + _by(sexes[2], "曾", "曾外", "") + _by(last, "孙", "孙女", "")
        case "UUUU":
            return _by(last, "高祖父", "高祖母", "高祖辈") if sexes[1:4] == "mmm" else "高祖辈"
        case "DDDD":
            return _by(last, "玄孙", "玄孙女", "玄孙辈") if sexes[1:4] == "mmm" else "玄孙辈"
        case "S":
            return _by(last, _age(elder, "哥哥", "弟弟", "兄弟"), _age(elder, "姐姐", "妹妹", "姐妹"), "兄弟姐妹")
        case "US":
            return _uncle(sexes[1], last, elder)
        case "SD":
            return _by(
                sexes[1],
                _by(last, "侄子", "侄女", "侄子女"),
                _by(last, "外甥", "外甥女", "外甥或外甥女"),
                _by(last, "侄子或外甥", "侄女或外甥女", "侄甥"),
            )
        case "USD":
            return _line(sexes[1], sexes[2], cross) + _by(
                last, _age(elder, "兄", "弟", "兄弟"), _age(elder, "姐", "妹", "姐妹"), "兄弟姐妹"
            )
        case "MU":
            return _by(
                sexes[1],
                _by(last, "公公", "婆婆", "公婆"),
                _by(last, "岳父", "岳母", "岳父母"),
                "配偶的" + _by(last, "父亲", "母亲", "父母"),
            )
        case "DM":
            return _by(last, "女婿", "儿媳", "子女的配偶")
        case "DMU":
            return _by(last, "亲家公", "亲家母", "亲家")
        case "UM":
            return _by(last, "继父", "继母", "继父母")
        case "MD":
            return _by(last, "继子", "继女", "继子女")
        case "SM":
            return _by(
                sexes[1],
                _age(elder, "嫂子", "弟媳", "嫂子或弟媳"),
                _age(elder, "姐夫", "妹夫", "姐夫或妹夫"),
                "兄弟姐妹的配偶",
            )
        case "USM":
            return _uncles_spouse(sexes[1], sexes[2], elder)
        case "SDM":
            return _by(
                sexes[2],
                _by(sexes[1], "侄媳", "外甥媳", "侄媳或外甥媳"),
                _by(sexes[1], "侄女婿", "外甥女婿", "侄女婿或外甥女婿"),
                "侄甥的配偶",
            )
        case "USDM":
            return _line(sexes[1], sexes[2], cross) + _by(
                sexes[3],
                _age(elder, "嫂", "弟媳", "兄弟的妻子"),
                _age(elder, "姐夫", "妹夫", "姐妹的丈夫"),
                "兄弟姐妹的配偶",
            )
        case "MSM":
            return _by(
                sexes[1],
                _by(sexes[2], "妯娌", _age(elder, "夫姐夫", "夫妹夫", "夫姐妹的丈夫"), "配偶的兄弟姐妹的配偶"),
                _by(sexes[2], _age(elder, "妻嫂", "妻弟媳", "妻兄弟的妻子"), "连襟", "配偶的兄弟姐妹的配偶"),
                "配偶的兄弟姐妹的配偶",
            )
    raise ValueError(f"{pattern} is no path of kin")


def _by(sex: str, man: str, woman: str, unknown: str) -> str:
    return man if sex == "m" else woman if sex == "f" else unknown


def _age(elder: bool | None, older: str, younger: str, unknown: str) -> str:
    return unknown if elder is None else older if elder else younger


def _line(parent: str, sibling: str, cross: bool) -> str:
    """堂 through two men, 表 through anybody else."""
    if cross or "f" in (parent, sibling):
        return "表"
    return "堂" if parent == sibling == "m" else "堂表"


def _uncle(parent: str, sibling: str, elder: bool | None) -> str:
    return _by(
        parent,
        _by(sibling, _age(elder, "伯父", "叔父", "伯父或叔父"), "姑母", "伯叔姑"),
        _by(sibling, "舅父", "姨母", "舅父或姨母"),
        _by(sibling, "伯叔舅", "姑母或姨母", "伯叔姑舅姨"),
    )


def _uncles_spouse(parent: str, sibling: str, elder: bool | None) -> str:
    return _by(
        parent,
        _by(sibling, _age(elder, "伯母", "婶母", "伯母或婶母"), "姑父", "伯叔姑舅姨的配偶"),
        _by(sibling, "舅母", "姨父", "伯叔姑舅姨的配偶"),
        _by(sibling, "伯叔舅的妻子", "姑父或姨父", "伯叔姑舅姨的配偶"),
    )


def _of_the_spouse(pattern: str, sexes: str, elder: bool | None, cross: bool) -> str:
    """妻弟, 夫侄女, 妻舅父: the spouse's own blood relatives."""
    whose = _by(sexes[1], "夫", "妻", "配偶的")
    if pattern == "MS":
        last = sexes[-1]
        return whose + _by(last, _age(elder, "兄", "弟", "兄弟"), _age(elder, "姐", "妹", "姐妹"), "兄弟姐妹")
    term = term_of(pattern[1:], sexes[1:], elder, cross=cross)
    return whose + ("侄" if term == "侄子" else term)
