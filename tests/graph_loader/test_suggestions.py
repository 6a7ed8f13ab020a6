"""What an unknown sheet's columns may be: two columns of names go to whom their numbers go to."""

import pytest

from graph_loader.suggestions import suggest

OLD, YOUNG = "431226196405110025", "431226195512130019"


@pytest.mark.parametrize(
    ("headers", "row", "expected"),
    [
        (
            ["本人证号", "本人", "对方姓名", "对方证号", "什么关系", "报备时间"],
            [OLD, "甄玉兰", "甄立冬", YOUNG, "堂兄", "2023-05-01"],
            ["干部身份证号", "干部姓名", "亲属姓名", "亲属身份证号", "称谓", "备案日期"],
        ),
        (
            ["姓名", "证件号", "亲属", "亲属证件", "关系"],
            ["甄玉兰", OLD, "甄立冬", YOUNG, "堂兄"],
            ["干部姓名", "干部身份证号", "亲属姓名", "亲属身份证号", "称谓"],
        ),
    ],
)
def test_a_name_goes_with_its_number(headers: list[str], row: list[str], expected: list[str]) -> None:
    likeliest = suggest(headers, [row] * 5)[0]
    assert likeliest.table == "declared_relatives"
    assert [likeliest.guesses[at].column for at in range(len(headers))] == expected
