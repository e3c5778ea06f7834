"""Headlines that are no headlines, and letters of every kind that hold them wherever somebody may write."""

from dataclasses import replace

from publisher.digests import notices
from publisher.digests.compose import compose, correction
from publisher.digests.frame import Link
from publisher.digests.select import Selection
from publisher.model.digest import Content
from publisher.model.site import Letterhead
from publisher.text.clean import one_line, tidy
from tests.digests.letters import HOME, LAYOUT, PLANNED, TEMPLATES, article, newsletter, picture, site

WORDS = {
    "a template": "{{7*7}} {% include 'x' %} {{ site.__class__ }} {# x",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "an attribute": "\" onmouseover=\"alert(3)\" x='' style='direction:ltr'",
    "a header": "خبر\r\nBcc: x@example.net\r\n\r\nنص",
    "a separator": "خبر\u2028Bcc: x@example.net\u2029نص\u0085نص",
    "controls": "خبر \u202eabc\u202c \u2067عاجل\u2069 \u2066x \u200f",
    "one long word": "ش" * 300,
    "one long Latin word": "w" * 300,
    "entities": "&lt;b&gt; &amp;nbsp; &#847; ]]> --> <!-- <![endif]-->",
    "a conditional comment": "<!--[if mso]><p>x</p><![endif]-->",
    "a style": "</style></title><style>p { direction: ltr }</style>",
    "a format": "%(title)s %s %% %(n)d {title} $title",
}


def hostile(text: str) -> dict[str, Content]:
    """Letters with *text* in every place that holds somebody's words; cleaned where it comes through a door, of the
    configuration or of articles."""
    words = one_line(tidy(text)[0])
    of = site(title=words, letterhead=Letterhead((words, words)))
    daily = newsletter(title=words)
    alt = f"ص {words}"
    story = article(
        title=words, summary=f"{words} {words}", authors=(words,), categories=(words,), media=(picture(alt),)
    )
    others = [replace(article(number=n), categories=(f"{words} {n}",)) for n in (2, 3)]
    common = (of, daily, LAYOUT, TEMPLATES)
    page = f"{HOME}/confirm/token"
    return {
        "digest": compose(
            of, daily, Selection((story, *others), 3), LAYOUT, TEMPLATES, PLANNED, opening=f"{text}\n\n{text}"
        ),
        "grouped": compose(
            of, replace(daily, group=True), Selection((story, *others), 3), LAYOUT, TEMPLATES, PLANNED
        ),
        "article": compose(
            of,
            replace(daily, schedule="instant"),
            Selection((story,), 0),
            LAYOUT,
            TEMPLATES,
            PLANNED,
            opening=text,
        ),
        "correction": correction(of, daily, story, f"{text}\n\n{text}", LAYOUT, TEMPLATES, PLANNED),
        "confirm": notices.confirm(*common, confirm_url=page),
        "welcome": notices.welcome(*common, due=PLANNED),
        "goodbye": notices.goodbye(*common, undo_url=page),
        "links": notices.links(
            of,
            LAYOUT,
            TEMPLATES,
            about="joining",
            preferences=(Link(words, page), Link(words, page)),
            held_url=page,
            erase_url=page,
        ),
        "yearly": notices.yearly(*common, still_url=page),
        "editors": notices.preview_for_editors(
            *common, subject=text, headlines=[text, text], more=0, readers=2, due=PLANNED, approval_url=page
        ),
        "notice": notices.notice_for_editors(
            of, LAYOUT, TEMPLATES, subject=text, text=f"{text}\n\n{text}", url=page, button=words
        ),
    }
