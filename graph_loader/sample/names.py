"""Names, ID numbers, credit codes, account and telephone numbers of people and firms who do not exist."""

import random
from datetime import date
from functools import cache
from itertools import accumulate

from stdnum.cn import ric, uscc

from graph_loader.sample.places import rows_of

MALE_CHARACTERS = (
    "伟强磊洋勇军杰涛超明刚平辉鹏华飞波斌宇浩凯健俊帆帅旭宁龙林欢阳建亮成建峰坤桂国庆文武富贵德福生金水木荣发光祥顺"
    "昌松柏长春正义忠良才学海江河山川云东南安定新民志远立功开元先进友谊永和万里仁礼信达"
)
FEMALE_CHARACTERS = (
    "芳娜敏静丽艳娟霞燕玲丹萍红英梅莉婷颖雪秀兰桂珍凤玉莲菊香翠云琴淑贞慧巧美珠银花芝素芬爱仙满桃杏柳青蓉琼"
    "春秋冬月娥彩金腊喜连华荣清容雅洁欣怡佳晓倩蕾"
)


@cache
def surname_weights() -> tuple[list[str], list[float]]:
    """National surnames with cumulative weights."""
    rows = rows_of("surnames.csv")
    return [row["surname"] for row in rows], list(accumulate(float(row["weight"]) for row in rows))


def any_surname(dice: random.Random) -> str:
    names, weights = surname_weights()
    return dice.choices(names, cum_weights=weights)[0]


def clans(dice: random.Random) -> list[tuple[str, float]]:
    """Surname shares of one village: usually one surname holds about a third of the households, a second one a sixth.

    One village in five has no leading surname. The rest is drawn from the national weights.
    """
    shares = []
    if dice.random() < 0.8:
        shares = [(any_surname(dice), dice.uniform(0.25, 0.5)), (any_surname(dice), dice.uniform(0.1, 0.2))]
    rest = 1.0 - sum(share for _, share in shares)
    return shares + [(any_surname(dice), rest / 25) for _ in range(25)]


def given_name(dice: random.Random, sex: str) -> str:
    characters = MALE_CHARACTERS if sex == "男" else FEMALE_CHARACTERS
    if dice.random() < 0.22:
        return dice.choice(characters)
    return dice.choice(characters) + dice.choice(characters)


class Numbers:
    """Hands out numbers, each one once."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.taken: set[str] = set()
        self.next_of: dict[str, int] = {}

    def identity(self, place: str, born: date, sex: str) -> str:
        """An 18-digit ID number with its check digit; the 17th digit is odd for men."""
        while True:
            sequence = self.dice.randrange(1, 499) * 2 + (1 if sex == "男" else 0)
            body = f"{place}{born:%Y%m%d}{sequence:03d}"
            if body not in self.taken:
                self.taken.add(body)
                return body + ric.calc_check_digit(body + "0")

    def credit_code(self, kind: str) -> str:
        """A unified social credit code: 91 companies, 92 sole traders, 93 co-operatives, 12 and 11 public bodies."""
        number = self.next("credit")
        alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        body = "MA"
        for place in (31**5, 31**4, 31**3, 31**2, 31, 1):
            body += alphabet[(number * 7919 + 104729) // place % 31]
        code = f"{kind}430500{body}" + alphabet[number * 13 % 31]
        return code + uscc.calc_check_digit(code)

    def account(self) -> str:
        """A 19-digit account number."""
        while True:
            number = f"62{self.dice.randrange(10**17):017d}"
            if number not in self.taken:
                self.taken.add(number)
                return number

    def telephone(self) -> str:
        """An 11-digit number of the range 140, which is not given to subscribers of ordinary telephones."""
        while True:
            number = f"1400{self.dice.randrange(10**7):07d}"
            if number not in self.taken:
                self.taken.add(number)
                return number

    def next(self, what: str) -> int:
        self.next_of[what] = self.next_of.get(what, 0) + 1
        return self.next_of[what]
