"""Editions: what they hold, what became of their letters, and what editors decide."""

import asyncio
from functools import partial

from starlette.responses import Response

from publisher.actions import approval
from publisher.actions.specimen import specimen
from publisher.model.delivery import State
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Edition
from publisher.model.stop import SAID
from publisher.pages.approval import BUTTONS, OFFERED
from publisher.store import desk, editions, ledger
from publisher.text.words import words
from publisher.verbs import previewing, table
from publisher.verbs.session import signing, ways
from publisher.web.admin.dashboard import LIVE, title_of
from publisher.web.admin.door import HEADERS, Ask, Place
from publisher.web.admin.saying import EDITIONS, in_words
from publisher.web.admin.saying import LETTERS as LETTER_STATES
from publisher.web.answers import LETTER

PAGE, LETTERS = 30, 100
_FRAMED = HEADERS | {"content-security-policy": f"{LETTER}'self'", "x-frame-options": "SAMEORIGIN"}


async def listed(ask: Ask) -> Response:
    """Editions, newest first."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house

    def gather() -> list[Edition]:
        numbers = house.store.read(lambda c: desk.editions_before(c, ask.number("before"), PAGE + 1))
        return house.store.read(lambda c: editions.some(c, numbers))

    rows = await asyncio.to_thread(gather)
    counts, counting = await ask.door.letters.look(tuple(each.id for each in rows[:PAGE]))
    answer = ask.page(
        "editions.html.j2",
        speak.text("Editions"),
        rows=[(each, counts.get(each.id, {}) if counts else None) for each in rows[:PAGE]],
        states=[(State.SENT, speak.text("Accepted")), (State.FAILED, speak.text("Failed"))],
        counting=counting,
        title_of=title_of(house),
        before=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        state_words=in_words(EDITIONS, speak),
        newsletters=list(house.newsletters.values()),
    )
    return _again(answer, counting=counting)


def _again(answer: Response, *, counting: bool) -> Response:
    """The page fetches itself anew while its letters are *counting*."""
    if counting:
        answer.headers["refresh"] = str(LIVE)
    return answer


async def one(ask: Ask) -> Response:
    """One edition: GET shows, POST does what was pressed."""
    speak, house, number = words(ask.door.language(ask.entry)), ask.session.house, ask.number("number")
    if ask.request.method == "POST":
        return await _act(ask, number)
    found = await asyncio.to_thread(approval.look, house, number, ask.session.clock())
    if found is None:
        return ask.page("said.html.j2", speak.text("There is no such edition."), 404, error=None)
    progress, outlook = found
    edition = progress.edition
    after = (number, ask.number("after"))
    rows = await asyncio.to_thread(
        house.store.read, lambda c: ledger.listing(c, number, (), after, LETTERS + 1)
    )
    counts, counting = await ask.door.letters.look((number,))
    tally = counts.get(number, {}) if counts else {}
    answer = ask.page(
        "edition.html.j2",
        outlook.content.subject if outlook.content else speak.text("No article is left in it."),
        own=outlook.content,
        edition=edition,
        counting=counting,
        newsletter=title_of(house)(edition.newsletter),
        outlook=outlook,
        stopped=speak.text(SAID[edition.stopped.reason]) if edition.stopped else "",
        evidence=edition.stopped.evidence if edition.stopped else "",
        offered=[(each, speak.text(BUTTONS[each])) for each in OFFERED[edition.release]]
        if outlook.open
        else [],
        rows=rows[:LETTERS],
        after=rows[LETTERS - 1].subscriber if len(rows) > LETTERS else 0,
        tally={state.name.lower(): n for state, n in tally.items()},
        failed=tally.get(State.FAILED, 0),
        state_words=in_words(EDITIONS, speak),
        letter_words=in_words(LETTER_STATES, speak),
    )
    return _again(answer, counting=counting)


async def _act(ask: Ask, number: int) -> Response:
    speak, here, do = words(ask.door.language(ask.entry)), f"/admin/editions/{number}", ask.said("do")
    said = speak.text("It is done.")
    if do == "cancel" and not ask.said("sure"):
        text = speak.text("What has not left is not sent any more. It cannot be taken back.")
        return ask.confirm(speak.text("Cancel it"), text, speak.text("Cancel it"), do="cancel")
    if do in approval.DECISIONS:
        await table.run(ask.session, "editions decide", {"edition": number, "decision": do})
    elif do == "retry":
        await table.run(ask.session, "deliveries --retry", {"edition": number, "states": ["failed"]})
    return ask.told(here, said)


async def letter(ask: Ask) -> Response:
    """The letter as readers get it, without anybody's own links: as HTML, as text, or its headers."""
    house, number, form = ask.session.house, ask.number("number"), ask.request.path_params["form"]
    found = await asyncio.to_thread(approval.look, house, number, ask.session.clock())
    if found is None or found[1].content is None or form not in ("html", "text", "headers"):
        return Response("", 404, HEADERS)
    if form == "headers":
        made = specimen(house.learnt(anew=False), found[0].edition, found[1].content, previewing.READER)
        head = made.data.partition(b"\r\n\r\n")[0]
        return Response(head, 200, HEADERS, "text/plain; charset=utf-8")
    shown = found[1].content.filled(dict.fromkeys((UNSUBSCRIBE_SLOT, PREFERENCES_SLOT), house.layout.home))
    if form == "html" and shown.html:
        return Response(shown.html, 200, _FRAMED, "text/html; charset=utf-8")
    return Response(shown.text, 200, _FRAMED, "text/plain; charset=utf-8")


async def headers(ask: Ask) -> Response:
    """The next letter of a newsletter with its headers, as `preview` writes it."""
    from publisher.actions.coming import coming

    house, name = ask.session.house.learnt(anew=False), ask.request.path_params["name"]
    (newsletter,) = house.newsletter(name)

    def make() -> bytes:
        edition = coming(house, newsletter, ask.session.clock())
        content = edition.content(house.site.language)
        return edition.letter(content, previewing.READER).data.partition(b"\r\n\r\n")[0]

    return Response(await asyncio.to_thread(make), 200, HEADERS, "text/plain; charset=utf-8")


async def test(ask: Ask) -> Response:
    """Mail the next letter of a newsletter to one address."""
    speak, settings = words(ask.door.language(ask.entry)), ask.door.settings
    send = partial(
        previewing.test_send,
        signing(ask.session.house),
        ways(settings),
        address=ask.said("address"),
        newsletter=ask.said("newsletter") or None,
        language=None,
        now=ask.session.clock(),
    )
    done = await asyncio.to_thread(send)
    taken = all(each["taken"] for each in done["letters"])
    reply = " ".join(f"{each['code']} {each['reply']}" for each in done["letters"])
    said = speak.text("The letter is on its way.") if taken else speak.text("The mail server refused it.")
    return ask.told("/admin/editions", said, line="" if taken else reply)


PAGES = [
    Place("/admin/editions", listed),
    Place("/admin/editions/test", test, "POST"),
    Place("/admin/newsletters/{name}/headers", headers),
    Place("/admin/editions/{number}", one, "GET POST"),
    Place("/admin/editions/{number}/{form}", letter),
]
