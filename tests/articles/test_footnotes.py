"""Footnotes of Markdown: a list with a rule above it, and ways there and back."""

from lxml import html as parser

from publisher.articles.markdown import html

TEXT = """نظام Linux.[^1] ثم[^مصدر] و[^x].

[^1]: أول `a`

[^مصدر]: ثانٍ

    فقرة ثانية

[^بلا]: لا علامة لها

[^e]:

    > q[^1]

نص بعد[^1] [^e].
"""


def test_each_note_leads_back_to_its_first_mark_and_each_mark_to_its_note() -> None:  # A2
    root = parser.fromstring(f"<div>{html(TEXT)[0]}</div>")
    marks = [(str(each.get("id")), each[0].get("href"), each.text_content()) for each in root.iter("sup")]
    (notes,) = root.xpath("ol")
    ways = [each.xpath('.//a[text()="↑"]/@href') for each in notes]

    assert ["hr", "ol"] == [each.tag for each in root][-2:]
    assert [
        ("fnref-1", "#fn-1", "1"),
        ("fnref-2", "#fn-2", "2"),
        ("None", "#fn-1", "1"),
        ("fnref-4", "#fn-4", "4"),
        ("None", "#fn-1", "1"),
    ] == marks
    assert ["fn-1", "fn-2", "fn-3", "fn-4"] == [each.get("id") for each in notes]
    assert [["#fnref-1"], ["#fnref-2"], [], ["#fnref-4"]] == ways
    assert "فقرة ثانية ↑" in notes[1].text_content() and "و[^x]." in root.text_content()


def test_a_note_with_a_box_of_html_stays_where_it_is_and_costs_no_other_its_number() -> None:
    made = html("أ[^1] ب[^2]\n\n[^1]: <div>x</div>\n\n[^2]: ثانٍ\n")[0]
    root = parser.fromstring(f"<div>{made}</div>")

    assert ["2"] == root.xpath("ol/li/@value")
    assert "x" in root.xpath("string(*[not(self::ol)][2])") + root.xpath("string(div)")


def test_a_text_without_footnotes_is_as_it_was() -> None:
    assert "<p>أ<sup>2</sup></p>\n" == html("أ<sup>2</sup>")[0]
