"""What templates get at: the short way is the sandbox's own."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from publisher.model.media import Shown
from publisher.templating import Templates
from publisher.templating.jinja import Environments, _Sandbox
from publisher.text.words import words

ITEMS = {"items": "taken", "type": "a", "format": "b", "__class__": "c", "n": 1}
ASKED = [
    *((ITEMS, name) for name in (*ITEMS, "missing", "update", "get")),
    *((Shown("https://e.org/x", "image/png", 1), name) for name in ("url", "width", "__class__", "missing")),
    *((words("ar"), name) for name in ("language", "text", "__init__", "missing")),
    *((text, name) for text in ("x", Markup("x")) for name in ("format", "upper", "__class__", "__add__")),
]


@pytest.mark.parametrize(("of", "name"), ASKED)
def test_an_attribute_is_what_the_sandbox_says(of: object, name: str) -> None:  # threat 3
    known = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    ours = _Sandbox(undefined=StrictUndefined)
    ours.getattr(of, name)
    expected, found = known.getattr(of, name), ours.getattr(of, name)

    assert type(expected) is type(found)
    assert (
        str(expected) == str(found)
        if isinstance(expected, (str, int))
        else callable(expected) == callable(found)
    )


@pytest.mark.parametrize(
    "source",
    ["{{ t.update(x=1) }}", "{{ t.__class__ }}", "{{ ''.__class__ }}", "{{ '{0.__class__}'.format(t) }}"],
)
def test_nothing_unsafe_is_reached_by_asking_twice(source: str) -> None:  # threat 3
    environment = _Sandbox(undefined=StrictUndefined)
    for _ in range(2):
        with pytest.raises(SecurityError):
            environment.from_string(source).render(t={"x": 0})


def test_an_entry_of_a_table_is_shown() -> None:
    made = Templates().render_string("{{ t.x }} {{ t.y.z }}", "here", t={"x": 1, "y": {"z": "و"}})

    assert "1 و" == made


def test_a_template_is_compiled_again_where_it_changed_or_another_takes_its_place(
    tmp_path: Path,
) -> None:  # R10
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    name = "x.html.j2"
    (second / name).write_text("1")
    environment = Environments([first / ".." / "first", first / ".." / "second"])
    made = environment._html.get_template(name)

    assert made is environment._html.get_template(name)
    os.utime(second / name, (1, 1))
    again = environment._html.get_template(name)
    assert made is not again
    (first / name).write_text("2")
    assert "2" == environment.render(name, {})
    (first / name).unlink()
    assert "1" == environment.render(name, {})


class Said(str):
    """Neither plain words nor markup, as far as its type says."""


WORDS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("&<>'\"")), max_size=150)
VALUES = st.one_of(WORDS, WORDS.map(Markup), WORDS.map(Said), st.integers(), st.none(), st.booleans())


@given(st.lists(VALUES, min_size=3, max_size=3))
def test_what_is_shown_is_escaped_as_jinja_escapes_it(values: list[object]) -> None:  # threat 2
    source = (
        "{% macro m(x) %}[{{ x }}{{ x }}]{% endmacro %}{% set s %}<i>{{ c }}</i>{% endset %}"
        "{{ a }}{{ b|safe }}{% for x in (a, b) %}{{ x }}{% endfor %}{{ m(a) }}{{ m(b)|upper }}{{ s }}{{ c ~ a }}"
        "{% autoescape false %}{{ a }}{% endautoescape %}"
        "{% autoescape a %}{{ b }}{% endautoescape %}{% filter lower %}{{ c }}{% endfilter %}"
    )
    given_ = dict(zip("abc", values, strict=True))
    expected = ImmutableSandboxedEnvironment(autoescape=True).from_string(source).render(given_)

    assert expected == _Sandbox(autoescape=True).from_string(source).render(given_)
