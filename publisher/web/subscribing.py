"""The doors of who asks: /subscribe, the form for other sites, and /preferences/ without a token (L2, L3, L5).

Every address gets the same answer. What is to be done is done behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions import joining
from publisher.actions.joining import Ask
from publisher.digests.often import often
from publisher.errors import BadInput
from publisher.model.digest import Newsletter
from publisher.pages.notice import Way
from publisher.pages.subscribe import Form, Offer, embed_page, languages, subscribe_page, translated
from publisher.subscribers import addresses, tokens
from publisher.subscribers.addresses import Address
from publisher.text.words import words
from publisher.web import forms
from publisher.web.asking import LOOK, SAME, Desk
from publisher.web.client import client
from publisher.web.pages import html_page, language_of

HINT = "A letter asks first whether the address is yours. You can leave at any time with one click."
SOONEST, LATEST = 2, 86400  # seconds between a form and its button; a program needs less
_LONGEST = 254  # octets of an address (RFC 5321, 4.5.3.1.3)


def routes(desk: Desk) -> list[Route]:
    """What the doors answer."""
    session = desk.session

    async def subscribe(request: Request) -> Response:
        return await _answer(desk, request, joins=True)

    async def mine(request: Request) -> Response:
        return await _answer(desk, request, joins=False)

    async def embed(request: Request) -> Response:
        house = session.house.learnt(anew=False)
        language = language_of(session, request)
        return html_page(
            embed_page(house.site, house.layout, house.templates, language, _offers(desk, language))
        )

    return [
        Route("/subscribe", subscribe, methods=["GET", "POST"]),
        Route("/subscribe/", subscribe, methods=["GET", "POST"]),
        Route("/subscribe/embed", embed, methods=["GET"]),
        Route("/preferences", mine, methods=["GET", "POST"]),
        Route("/preferences/", mine, methods=["GET", "POST"]),
    ]


async def _answer(desk: Desk, request: Request, *, joins: bool) -> Response:
    """GET and HEAD show the form; a form that did not come from us, or is too old or too quick, is shown again, filled
    in, for one more click."""
    if request.method != "POST":
        language = language_of(desk.session, request)
        return _page(desk, request, language, _blank(desk, language, joins=joins), joins=joins)
    sent = await forms.fields(request)
    language = language_of(desk.session, request, _one(sent or {}, "lang"))
    blank = _blank(desk, language, joins=joins)
    if sent is None:
        wrong = "Something in the form cannot be used. Nothing was changed."
        return _page(desk, request, language, blank, joins=joins, said=wrong, status=400)
    form = _filled(desk, sent, blank)
    try:
        address = addresses.parse(form.email)
    except BadInput:
        wrong = "This is no e-mail address."
        return _page(desk, request, language, form, joins=joins, wrong=wrong, status=400)
    if joins and not form.newsletters:
        none = "Choose at least one."
        return _page(desk, request, language, form, joins=joins, none_chosen=none, status=400)
    if not _in_time(desk, _one(sent, "shown")):
        again = "One click is left: look it over, and press the button."
        return _page(desk, request, language, form, joins=joins, said=again)
    if not _one(sent, "website"):
        _do(desk, request, address, form, language, joins=joins)
    return _same(desk, request, language, joins=joins)


def _do(desk: Desk, request: Request, address: Address, form: Form, language: str, *, joins: bool) -> None:
    """What the form asks for."""
    house, ip = desk.session.house, client(request.scope, desk.session.trusted)
    names = tuple(form.newsletters) if joins else ()
    titles = words(language).join([house.newsletters[name].title for name in names])
    wording = f"{words(language).text('Subscribe')}: {titles} — {words(language).text(HINT)}"
    asked = Ask(address, names, form.language, form.origin, wording, ip)
    desk.take(request, address.key, partial(joining.ask, house, asked, desk.session.clock()))


def _in_time(desk: Desk, shown: str) -> bool:
    age = tokens.age(desk.session.house.keys, shown, int(desk.session.clock().timestamp()))
    return age is not None and SOONEST <= age <= LATEST


def _blank(desk: Desk, language: str, *, joins: bool) -> Form:
    house = desk.session.house
    shown = tokens.stamp(house.keys, int(desk.session.clock().timestamp()))
    of_letters = language if language in languages(house.site) else languages(house.site)[0]
    return Form("", _first(house.newsletters.values()) if joins else (), of_letters, "page", shown)


def _first(known: Iterable[Newsletter]) -> tuple[str, ...]:
    """What is chosen before anybody chooses: the first newsletter that brings all topics, else the first."""
    whole = sorted(known, key=lambda each: bool(each.categories))
    return tuple(each.name for each in whole[:1])


def _filled(desk: Desk, sent: Mapping[str, Sequence[str]], blank: Form) -> Form:
    """What was *sent*, as far as we offer it."""
    house = desk.session.house
    chosen = tuple(name for name in house.newsletters if name in sent.get("newsletter", ()))
    whole = "shown" in sent  # a form of ours has all its boxes; one of another site may have none
    language = _one(sent, "language")
    return replace(
        blank,
        email=addresses.bare(_one(sent, "email"))[:_LONGEST],
        newsletters=chosen if chosen or whole else blank.newsletters,
        language=language if language in languages(house.site) else blank.language,
        origin="embedded" if _one(sent, "form") == "embedded" else "page",
    )


def _offers(desk: Desk, language: str) -> list[Offer]:
    house = desk.session.house.learnt(anew=False)
    ui = words(language)
    return [Offer(name, each.title, often(each, house.site, ui)) for name, each in house.newsletters.items()]


def _page(
    desk: Desk,
    request: Request,
    language: str,
    form: Form | None,
    *,
    joins: bool,
    said: str = "",
    wrong: str = "",
    none_chosen: str = "",
    texts: Sequence[str] = (),
    status: int = 200,
) -> Response:
    house = desk.session.house.learnt(anew=False)
    ui = words(language)
    here = (
        request.url.path.rpartition("/")[2] or "."
    )  # relative: also right behind a proxy that strips a prefix
    links: list[Way] = [*translated(here, language)]
    if joins:
        links.insert(0, Way(ui.text("Subscribed already? Your preferences"), house.layout.preferences("")))
    explain = "Write your address, and the way to your preferences comes by mail."
    about = HINT if joins else ""
    heading = "Subscribe" if joins else "Your preferences"
    body = subscribe_page(
        house.site,
        house.layout,
        house.templates,
        language,
        offers=_offers(desk, language) if joins else (),
        form=form,
        action=here,
        heading=heading if form else LOOK,
        hint=about if form else "",
        button="Subscribe" if joins else "Send me the letter",
        texts=texts or (() if joins else (explain,)),
        said=said,
        wrong=wrong,
        none_chosen=none_chosen,
        links=links if form else (),
    )
    return html_page(body, status)


def _same(desk: Desk, request: Request, language: str, *, joins: bool) -> Response:
    """The one answer (L2)."""
    return _page(desk, request, language, None, joins=joins, said=SAME[0], texts=SAME[1:])


def _one(sent: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(sent.get(name, ())), "")
