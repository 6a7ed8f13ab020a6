"""Names are compared as a colleague would, who knows homophones, dialect and bad copies, and who knows brothers."""

import pytest

from graph_loader.names import likeness


@pytest.mark.parametrize(
    ("written", "known", "how"),
    [
        ("张建国", "张建国", "same"),
        ("张健国", "张建国", "sound"),
        ("章建国", "张建国", "sound"),
        ("龙银生", "龙根生", "look"),
        ("周大民", "周大明", "dialect"),
        ("罗娜", "罗拉", "dialect"),
        ("吴某顺", "吴德顺", "masked"),
        ("张*", "张三", "masked"),
        ("张某某", "张三", "masked"),
        ("张国建", "张建国", "near"),
        ("张国", "张建国", "near"),
    ],
)
def test_names_that_a_colleague_would_compare(written: str, known: str, how: str) -> None:
    found = likeness(written, known)
    assert (found.how, found.score > 0) == (how, True)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("张建华", "张建国"), ("张三", "张四"), ("王小明", "李小明"), ("吴某顺", "吴德海"), ("吴某顺", "周德顺"), ("张", "张三"),
        ("", "张三"),
    ],
)  # fmt: skip
def test_brothers_and_strangers_are_not_alike(written: str, known: str) -> None:
    assert likeness(written, known).score == 0


def test_the_same_name_comes_before_a_homophone_and_that_before_a_mask() -> None:
    scores = [likeness(written, "吴德顺").score for written in ("吴德顺", "吴得顺", "吴某顺", "吴某某")]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 4
