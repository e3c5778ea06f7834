"""What every request to the editors' pages passes: the network, the session, the origin and the token of its form."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from publisher.config import Settings
from publisher.errors import PublisherError, Unwritable
from publisher.model.delivery import State
from publisher.pages.admin import Frame, News, admin_page, digits_in
from publisher.text.words import LANGUAGES, Words, own_name, words
from publisher.verbs.session import Session
from publisher.web.admin.counting import Counting, Numbers, count, letters
from publisher.web.admin.login import LIFE, Busy, Entry, Gate
from publisher.web.admin.saying import size
from publisher.web.client import client, is_named, passed_on

log = structlog.get_logger()

PLAIN, SECURE = "nashir-admin", "__Host-nashir-admin"
BEFORE = "nashir-login"  # the token of the login's form
FORM = 1 << 16  # bytes of a form that carries no file
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: a browser would say "null" as the origin of our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(slots=True)
class Ask:
    """A request of an editor who is in."""

    door: "Door"
    request: Request
    entry: Entry
    form: FormData = field(default_factory=FormData)

    @property
    def session(self) -> Session:
        return self.door.session

    def said(self, name: str) -> str:
        """A field of the form, or of the address; "" without."""
        value = self.form.get(name, self.request.query_params.get(name, ""))
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """... as a number that a database can hold; 0 for what is none."""
        text = self.said(name) or str(self.request.path_params.get(name, ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0

    def page(self, template: str, heading: str, status: int = 200, **values: Any) -> Response:
        """The page admin/*template*."""
        return self.door.page(template, heading, status, entry=self.entry, request=self.request, **values)

    def confirm(
        self, heading: str, question: str, button: str, *, of: str = "", quoted: str = "", **fields: str
    ) -> Response:
        """A page that asks once more before something that cannot be taken back; *of* is whom or what it concerns,
        *quoted* what they wrote."""
        return self.page(
            "ask.html.j2",
            heading,
            question=question,
            of=of,
            quoted=quoted,
            button=button,
            action=self.request.url.path,
            fields=fields | {"sure": "yes"},
        )

    def told(self, where: str, what: str = "", *, of: str = "", line: str = "") -> Response:
        """Go to a page of ours, which says *what* (News)."""
        if what:
            self.door.news[self.entry.csrf] = News(what, of, line)
        return RedirectResponse(where, 303, HEADERS)


Page = Callable[[Ask], Awaitable[Response]]


class Place(NamedTuple):
    """A page and its address."""

    path: str
    page: Page
    methods: str = "GET"
    most: int = FORM  # bytes of a form that is sent to it


@dataclass(slots=True)
class Door:
    """The editors' door of one site."""

    session: Session
    settings: Settings
    health: Callable[[], list[str]]
    warnings: Callable[[], list[str]]
    lines: Callable[[], list[str]]
    editors: dict[str, Entry] = field(default_factory=dict)  # who is in
    news: dict[str, News] = field(default_factory=dict)  # what the next page of a session says first
    gate: Gate = field(init=False)
    counting: Counting[None, Numbers] = field(init=False)
    letters: Counting[tuple[int, ...], dict[int, dict[State, int]]] = field(init=False)  # of some editions

    def __post_init__(self) -> None:
        file = self.settings.root / self.settings.web.admin.password_file
        self.gate = Gate(file, entries=self.editors)
        self.counting = Counting(lambda _: count(self.session.house, self.session.clock()))
        self.letters = Counting(lambda numbers: letters(self.session.house, numbers))

    def own(self) -> list[Route]:
        """The style sheet and the login."""
        return [
            Route("/admin/style.css", self._style, methods=["GET"]),
            Route("/admin/login", self._login, methods=["GET", "POST"]),
        ]

    def route(self, place: Place) -> Route:
        """The route to a page."""
        page, most = place.page, place.most

        async def answer(request: Request) -> Response:
            if not self._may_look(request):
                return self._elsewhere(request)
            entry = self.gate.of(request.cookies.get(self._cookie(request), ""))
            if entry is None:
                return RedirectResponse("/admin/login", 303, HEADERS)
            form = await self._form(request, most) if request.method == "POST" else FormData()
            if form is None:
                return self._refused(400, "This is no form of ours, or it is too large.")
            try:
                if request.method == "POST" and not (
                    self._is_own(request) and _same(form.get("token"), entry.csrf)
                ):
                    return self._refused(403)
                return await self._do(page, Ask(self, request, entry, form))
            finally:
                await form.close()

        return Route(place.path, answer, methods=place.methods.split())

    def size(self, number: float, speak: Words) -> str:
        """So many bytes, as a page in the language of *speak* says it."""
        return size(number, speak, digits_in(self.session.house.learnt(anew=False).site, speak))

    async def _do(self, page: Page, ask: Ask) -> Response:
        path = ask.request.url.path
        try:
            return await page(ask)
        except PublisherError as error:
            log.info("admin", path=path, problem=error.what)
            heading = self._speak(ask.entry).text("It was not done.")
            status = 503 if isinstance(error, Unwritable) else 400
            return ask.page("said.html.j2", heading, status, error=error)

    def page(
        self,
        template: str,
        heading: str,
        status: int = 200,
        *,
        entry: Entry | None,
        request: Request,
        **values: Any,
    ) -> Response:
        """A page, in the editor's language."""
        house = self.session.house.learnt(anew=False)
        speak = self._speak(entry)
        frame = Frame(
            token=entry.csrf if entry else values.pop("token", ""),
            inside=entry is not None,
            path=request.url.path.rstrip("/"),
            languages=[(each, own_name(each)) for each in LANGUAGES],
            news=self.news.pop(entry.csrf, None) if entry else None,
        )
        body = admin_page(template, house.templates, house.site, speak, frame, heading=heading, **values)
        return Response(body, status, HEADERS, "text/html; charset=utf-8")

    def language(self, entry: Entry | None) -> str:
        return (
            (entry and entry.language) or self.settings.web.admin.language or self.session.house.site.language
        )

    def _speak(self, entry: Entry | None) -> Words:
        return words(self.language(entry))

    async def _style(self, request: Request) -> Response:
        text = self.session.house.templates.source("admin/style.css")
        return Response(text, 200, HEADERS, "text/css; charset=utf-8")

    async def _login(self, request: Request) -> Response:
        if not self._may_look(request):
            return self._elsewhere(request)
        speak, said, status = self._speak(None), "", 200
        if request.method == "POST":
            form = await self._form(request, FORM)
            before = request.cookies.get(BEFORE, "")
            if (
                form is None
                or not self._is_own(request)
                or not before
                or not _same(form.get("token"), before)
            ):
                return self._refused(403)
            try:
                found = await self.gate.enter(str(form.get("password", "")), self._address(request))
            except Busy:
                said, status = speak.text("Too many attempts. Try again in a quarter of an hour."), 429
            else:
                log.info("login", address=self._address(request), right=found is not None)
                if found:
                    answer: Response = RedirectResponse("/admin/", 303, HEADERS)
                    self._set(answer, request, self._cookie(request), found[0], LIFE)
                    answer.delete_cookie(BEFORE, path="/admin")
                    return answer
                said, status = speak.text("The password is not right."), 403
        token = secrets.token_urlsafe(24)
        heading = speak.text("Log in")
        answer = self.page(
            "login.html.j2", heading, status, entry=None, request=request, said=said, token=token
        )
        answer.set_cookie(BEFORE, token, 3600, path="/admin", httponly=True, samesite="strict")
        return answer

    def leave(self, ask: Ask) -> Response:
        """Log out."""
        name = self._cookie(ask.request)
        self.gate.leave(ask.request.cookies.get(name, ""))
        answer = RedirectResponse("/admin/login", 303, HEADERS)
        answer.delete_cookie(name, path="/", secure=name == SECURE, httponly=True, samesite="strict")
        return answer

    def _set(self, answer: Response, request: Request, name: str, value: str, age: int) -> None:
        answer.set_cookie(name, value, age, path="/", secure=name == SECURE, httponly=True, samesite="strict")

    def _cookie(self, request: Request) -> str:
        """The name of the session's cookie: where they come by the site's own https address, a secure one."""
        site = urlsplit(self.session.house.site.url)
        return SECURE if site.scheme == "https" and request.headers.get("host") == site.netloc else PLAIN

    def _address(self, request: Request) -> str:
        """Who asks. Where a proxy stands between and nobody says that it is ours, nobody we know: ""."""
        found = client(request.scope, self.session.trusted)
        peer = client({"client": request.scope.get("client")}, ())
        return "" if passed_on(request.scope) and found == peer else found

    def _may_look(self, request: Request) -> bool:
        own = urlsplit(self.session.house.site.url).hostname or ""
        if not is_named(request.headers.get("host", ""), own):
            return False
        try:
            address = ip_address(self._address(request))
        except ValueError:
            return False
        return any(address in network for network in self.settings.web.admin.networks)

    def _is_own(self, request: Request) -> bool:
        """Whether a browser says that a form is on our own page."""
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            return False
        return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"

    def _elsewhere(self, request: Request) -> Response:
        """What who comes from elsewhere is told: how an editor gets here. Nothing that a stranger could use."""
        heading = self._speak(None).text("The editors' pages do not open from here")
        port = self.settings.web.listen.rpartition(":")[2]
        return self.page(
            "elsewhere.html.j2",
            heading,
            403,
            entry=None,
            request=request,
            port=port if port.isdigit() else "",
        )

    def _refused(self, status: int, why: str = "Not here.") -> Response:
        return Response(f"{why}\n", status, HEADERS, "text/plain; charset=utf-8")

    async def _form(self, request: Request, most: int) -> FormData | None:
        """What a form says, its files in temporary ones; None for one that is too large, or none."""
        taken, receive = 0, request._receive

        async def counted() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise MultiPartException("too large")
            return message

        try:
            return await Request(request.scope, counted).form(max_files=1, max_fields=50, max_part_size=FORM)
        except (MultiPartException, HTTPException, ValueError):
            return None


def _same(said: object, wanted: str) -> bool:
    return isinstance(said, str) and secrets.compare_digest(said.encode(), wanted.encode())
