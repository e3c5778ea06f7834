import pytest

from publisher.digests.marks import line, run
from publisher.model.article import Direction

LRM, RLM = "\u200e", "\u200f"


@pytest.mark.parametrize(
    "direction, text, expected",
    [
        ("rtl", "وصل القطار الأول", "وصل القطار الأول"),
        ("rtl", "iPhone 17 وصل", f"{RLM}iPhone 17 وصل"),
        ("rtl", "8 مقالات جديدة", f"{RLM}8 مقالات جديدة"),
        ("rtl", "«عاجل»: وصل القطار!", f"{RLM}«عاجل»: وصل القطار!{RLM}"),
        ("rtl", "وصل القطار.", f"وصل القطار.{RLM}"),
        ("rtl", "هل وصل القطار؟", "هل وصل القطار؟"),
        ("rtl", "السبت 28 تشرين الثاني 2026", "السبت 28 تشرين الثاني 2026"),
        ("rtl", "שנת 2026 (יובל)", f"שנת 2026 (יובל){RLM}"),
        ("rtl", "أُلغيَتِ الرحلةُ", "أُلغيَتِ الرحلةُ"),
        ("rtl", "كُتب بلغة C++", f"كُتب بلغة C++{LRM}{RLM}"),
        ("rtl", "Breaking news (live)!", "Breaking news (live)!"),
        ("rtl", "PO Box 12, 10011", "PO Box 12, 10011"),
        ("rtl", "", ""),
        ("ltr", "Rain (18 mm).", "Rain (18 mm)."),
        ("ltr", "العراق in a jar", f"{LRM}العراق in a jar"),
        ("ltr", "8 articles", "8 articles"),
    ],
)
def test_a_plain_text_line_keeps_its_ends_in_programs_that_know_no_direction(  # M9
    direction: Direction, text: str, expected: str
) -> None:
    assert expected == line(text, direction)


def test_a_right_to_left_text_that_starts_latin_says_its_direction_in_a_span() -> None:  # R1
    span = '<span dir="rtl" style="direction: rtl;">'

    assert f"{span}iPhone 17 وصل</span>" == run("iPhone 17 وصل", "rtl")
    assert "وصل iPhone 17 اليوم" == run("وصل iPhone 17 اليوم", "rtl")
