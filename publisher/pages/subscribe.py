"""Where somebody asks for letters (L2), or for the way to their own page (L5), and the form for other sites."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from publisher.layout import Layout
from publisher.model.site import Site
from publisher.pages.frame import inline, page
from publisher.pages.notice import Way
from publisher.templating import Templates
from publisher.text.language import detect, feed_tag, prose
from publisher.text.words import LANGUAGES, own_name, words


@dataclass(frozen=True, slots=True)
class Offer:
    """A newsletter that one may ask for: `often` in words of the page's language."""

    name: str
    title: str
    often: str


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form."""

    email: str
    newsletters: Sequence[str]
    language: str
    origin: str  # "page", or where it was filled in first
    shown: str  # the signed time


@dataclass(frozen=True, slots=True)
class Translated(Way):
    """A way to the same page in another language."""

    lang: str


def languages(site: Site) -> tuple[str, ...]:
    """Which languages of letters are offered: the site's, and those whose words we have."""
    return tuple(dict.fromkeys((feed_tag(site.language), *LANGUAGES)))


def subscribe_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    language: str,
    *,
    offers: Sequence[Offer],
    form: Form | None,
    action: str,
    heading: str,
    button: str = "Subscribe",
    texts: Sequence[str] = (),
    hint: str = "",
    said: str = "",
    wrong: str = "",
    none_chosen: str = "",
    links: Sequence[Way] = (),
) -> bytes:
    """The page in *language*; UTF-8. Its *form*, where there is one, is sent to *action*. *heading*, *button*,
    *texts*, *hint* (below the button), *said* (above all), *wrong* (at the address) and *none_chosen* (at the
    newsletters) are messages of ours. Needs no script."""
    ui = words(language)
    return page(
        "subscribe.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{ui.text(heading)} — {site.title}",
        language=ui.language,
        direction=ui.direction,
        heading=ui.text(heading),
        button=ui.text(button),
        texts=[ui.text(each) for each in texts],
        hint=ui.text(hint) if hint else "",
        said=ui.text(said) if said else "",
        wrong=ui.text(wrong) if wrong else "",
        none_chosen=ui.text(none_chosen) if none_chosen else "",
        newsletters=_shown(offers, site),
        languages=[(each, own_name(each)) for each in languages(site)],
        form=form,
        action=action,
        links=[{"words": each.words, "url": each.url, "lang": getattr(each, "lang", "")} for each in links],
    )


def embedded_form(
    site: Site, layout: Layout, templates: Templates, language: str, offers: Sequence[Offer]
) -> str:
    """The form that other sites embed, in *language*: HTML that posts to ours."""
    shown = _shown(offers, site) if len(offers) > 1 else []
    return templates.render(
        "web/embedded.html.j2", ui=words(language), newsletters=shown, action=layout.subscribe()
    )


def embed_page(
    site: Site, layout: Layout, templates: Templates, language: str, offers: Sequence[Offer]
) -> bytes:
    """The page where that form is copied from; UTF-8."""
    ui = words(language)
    heading = ui.text("A form for your own site")
    return page(
        "embed.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{heading} — {site.title}",
        language=ui.language,
        direction=ui.direction,
        heading=heading,
        texts=[
            ui.text(
                "Copy this into a page of yours. Who fills it in comes to us and presses one more button."
            )
        ],
        snippet=embedded_form(site, layout, templates, language, offers),
        links=translated("embed", language),
    )


def translated(path: str, language: str) -> list[Translated]:
    """The page at *path* in the languages that it is not in."""
    others = [each for each in LANGUAGES if each != words(language).language]
    return [Translated(own_name(each), f"{path}?lang={each}", each) for each in others]


def _shown(offers: Iterable[Offer], site: Site) -> list[dict[str, object]]:
    return [
        {
            "name": each.name,
            "title": inline(each.title, "rtl"),
            "lang": detect(prose(each.title), site.language),
            "often": each.often,
        }
        for each in offers
    ]
