"""The API over HTTP, on a real site: who may come in, what is refused and how, pages, many at once."""

import asyncio
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import httpx2
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from publisher.actions import joining
from publisher.config import ApiSettings
from publisher.errors import BadConfig, BadInput
from publisher.model.people import Said
from publisher.store import consents
from publisher.store.state import State
from publisher.store.tables import notices
from publisher.verbs import api_tokens
from publisher.verbs.session import Session
from publisher.verbs.table import TABLE
from publisher.web.api import limits
from publisher.web.api.routes import ROUTES
from publisher.web.app import application

Ask = Callable[..., Any]


@pytest.fixture
def site(house, write, publishes, clock):
    """A published site with the API, a token that may read and one that may write."""
    write(house, "first.md", story(1))
    publishes(house)
    file = house.root / "keys" / "api-tokens"
    return SimpleNamespace(
        house=house,
        session=Session(house, State(house.root / "state"), clock, no_engine),
        file=file,
        tokens={scope: api_tokens.make(file, f"{scope}s", scope) for scope in ("read", "write")},
        settings=ApiSettings("keys/api-tokens"),
    )


def no_engine() -> NoReturn:
    raise AssertionError("nothing is sent here")


def story(number: int) -> str:
    return f"---\ntitle: خبر {number}\ndate: 2026-11-{number:02}\n---\n\nنص الخبر.\n"


def client(
    site: Any, settings: ApiSettings | None = None, scope: str = "write", **headers: str
) -> httpx2.AsyncClient:
    app = application(site.session, list, list, api=settings or site.settings)
    said = {"authorization": f"Bearer {site.tokens[scope]}"} if scope else {}
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://site/api/v1", headers=said | headers
    )


@pytest.fixture
def ask(site) -> Ask:
    """One request: `ask("GET", "/status")`."""

    def one(
        method: str, path: str, scope: str = "write", settings: ApiSettings | None = None, **more: Any
    ) -> Any:
        async def run() -> Any:
            async with client(site, settings, scope) as api:
                return await api.request(method, path, **more)

        return asyncio.run(run())

    return one


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    body = answer.json()
    assert status == body["status"]
    return dict(body)


def test_every_row_of_the_table_is_a_function_with_a_meaning() -> None:
    for verb in TABLE.values():
        assert verb.meaning and "\n" not in verb.meaning
        assert verb.writes is asyncio.iscoroutinefunction(verb.function)
    assert [] == [route.path for route in ROUTES if route.verb_name not in TABLE]


def test_without_a_file_of_tokens_there_is_no_api(ask) -> None:
    for path in ("/status", "/openapi.json", "/nonsense"):
        is_problem(ask("GET", path, settings=ApiSettings()), 404)


@pytest.mark.parametrize(
    "said", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic abc"}, {"authorization": ""}]
)
def test_who_has_no_token_is_told_how_to_say_it(ask, said) -> None:
    answer = ask("GET", "/status", scope="", headers=said)

    is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("route", [each for each in ROUTES if each.verb.writes], ids=lambda each: each.path)
def test_a_token_that_may_read_changes_nothing(ask, route) -> None:
    path = route.path.format(subscriber=1, newsletter="daily", edition=1)

    is_problem(ask(route.method, path, scope="read"), 403)
    assert 200 == ask("GET", "/status", scope="read").status_code


def test_a_token_is_taken_back_by_deleting_its_line(site) -> None:
    async def run() -> list[int]:
        async with client(site) as api:
            before = await api.get("/status")
            site.file.write_text("", "utf-8")
            return [before.status_code, (await api.get("/status")).status_code]

    assert [200, 401] == asyncio.run(run())


def test_a_file_that_others_can_read_lets_nobody_in(site, ask) -> None:
    site.file.chmod(0o644)

    assert str(site.file) not in json.dumps(is_problem(ask("GET", "/status"), 503))


def test_the_file_holds_no_token_and_is_its_owners(site) -> None:
    text = site.file.read_text("utf-8")

    assert 0o600 == stat.S_IMODE(site.file.stat().st_mode)
    assert not any(token in text for token in site.tokens.values())
    with pytest.raises(BadInput, match="there is a token"):
        api_tokens.make(site.file, "reads", "read")
    with pytest.raises(BadInput, match="cannot name"):
        api_tokens.make(site.file, "a b", "read")


@pytest.mark.parametrize(
    "line", ["reader", "a read nashir_x", "a all sha256:" + "0" * 64, "a read sha256:" + "0" * 63]
)
def test_a_line_that_is_no_token_is_named(site, line) -> None:
    with site.file.open("a", encoding="utf-8") as file:
        file.write(line + "\n")

    with pytest.raises(BadConfig, match=r"api-tokens:3: "):
        api_tokens.read(site.file)


def test_who_asks_too_much_is_told_when_to_come_again(site) -> None:
    async def run() -> Any:
        async with client(site, ApiSettings("keys/api-tokens", per_minute=12)) as api:
            return [await api.get("/newsletters") for _ in range(4)]

    *taken, refused = asyncio.run(run())

    assert [200] * 3 == [each.status_code for each in taken]
    is_problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 5


def test_who_guesses_is_slowed_down_and_nobody_else(site) -> None:
    async def run() -> tuple[list[int], int]:
        async with client(site) as api:
            wrong = {"authorization": "Bearer nonsense"}
            guesses = [(await api.get("/status", headers=wrong)).status_code for _ in range(25)]
            return guesses, (await api.get("/status")).status_code

    assert ([401] * 20 + [429] * 5, 200) == asyncio.run(run())


def test_a_bucket_fills_as_time_goes_and_forgets_who_was_silent() -> None:
    now = [0.0]
    buckets = limits.Buckets(2, 60, lambda: now[0])

    assert [0, 0, 1] == [buckets.take("a") for _ in range(3)]
    now[0] = 1.0
    assert [0, 1] == [buckets.take("a") for _ in range(2)]
    for number in range(limits.KEPT):
        buckets.take(str(number))
    assert 0 == buckets.take("a")


@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", 400),
        (b'{"address": "a@example.org", "address": "b@example.org"}', 400),
        (b'{"address": NaN}', 400),
        (b'{"address": "\\ud800@example.org"}', 400),
        (b"\xff", 400),
        (b"[" * 30_000, 400),
        (b"1" * 5000, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"address": 1}', 422),
        (b'{"address": "a@example.org", "confirmed": 1}', 422),
        (b'{"address": "a@example.org", "confirm": true}', 422),
        (b'{"address": "nonsense"}', 422),
        (b'{"address": "a@example.org", "newsletters": []}', 422),
        (b'{"address": "a@example.org", "newsletters": ["none"]}', 404),
        (b'{"address": "' + b"a" * 70_000 + b'"}', 413),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_changes_nothing(site, ask, body, status) -> None:
    answer = ask("POST", "/subscribers", content=body, headers={"content-type": "application/json"})

    assert is_problem(answer, status)["detail"]
    assert [] == ask("GET", "/subscribers").json()["subscribers"]


def test_what_is_no_json_by_its_type_is_refused(ask) -> None:
    body = b'{"address": "a@example.org"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
        is_problem(ask("POST", "/subscribers", content=body, headers={"content-type": kind}), 415)


@pytest.mark.parametrize(
    "path", ["/nothing", "/editions/0", f"/editions/{2**63}", "/subscribers/7", "/subscribers/x"]
)
def test_what_is_not_there_is_a_404(ask, path) -> None:
    is_problem(ask("GET", path), 404)


def test_another_method_is_told_which_there_are(ask) -> None:
    answer = ask("DELETE", "/subscribers")

    is_problem(answer, 405)
    assert "GET, POST, HEAD" == answer.headers["allow"]
    assert (200, b"") == ((head := ask("HEAD", "/status")).status_code, head.content)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "state=happy", "after=1&after=2", "x=1", "search=%ff"]
)
def test_a_query_that_does_not_fit_is_refused(ask, query) -> None:
    assert ask("GET", f"/subscribers?{query}").status_code in (400, 422)


def test_a_reader_comes_chooses_and_leaves(ask) -> None:
    added = ask(
        "POST", "/subscribers", json={"address": "a@example.org", "confirmed": True, "language": "fa"}
    ).json()
    again = ask("POST", "/subscribers", json={"address": "a@example.org", "confirmed": True})
    path = f"/subscribers/{added['id']}"
    chosen = ask("PATCH", path, json={"text_only": True}).json()
    left = ask("DELETE", f"{path}/newsletters/daily").json()

    assert (200, added) == (again.status_code, again.json())
    assert {"daily": "active"} == added["newsletters"]
    assert (True, "fa") == (chosen["newsletters"][0]["text_only"], chosen["language"])
    assert "ended" == left["state"] == ask("GET", path).json()["newsletters"][0]["state"]
    assert left == ask("DELETE", f"{path}/newsletters/daily").json()
    assert [added["id"]] == [
        each["id"] for each in ask("GET", "/subscribers?address=A@example.org").json()["subscribers"]
    ]
    assert [] == ask("GET", "/subscribers?state=active").json()["subscribers"]


def test_an_unconfirmed_reader_is_asked_by_a_letter(site, ask) -> None:  # L3 L4
    body = {"address": "a@example.org"}
    asked, again = (ask("POST", "/subscribers", json=body).json() for _ in range(2))

    assert ({"daily": "pending"}, "confirm") == (asked["newsletters"], asked["letter"])
    assert asked | {"letter": "capped"} == again
    (letter,) = site.house.store.read(lambda c: c.execute(select(notices)).all())
    assert ("confirm", "a@example.org") == (letter.kind, letter.recipient)
    token = re.findall(r"/confirm/(\S+)", letter.text)[0]
    joining.confirm(site.house, token, site.session.clock(), wording="", ip="")
    assert [asked["id"]] == [
        each["id"] for each in ask("GET", "/subscribers?state=active").json()["subscribers"]
    ]
    assert (
        asked | {"newsletters": {"daily": "active"}, "letter": ""}
        == ask("POST", "/subscribers", json=body).json()
    )


@pytest.mark.parametrize("confirmed, event", [(True, Said.VOUCHED), (False, Said.ASKED)])
def test_the_record_of_consent_names_the_token(site, ask, confirmed, event) -> None:  # L4
    added = ask("POST", "/subscribers", json={"address": "a@example.org", "confirmed": confirmed}).json()

    (said,) = site.house.store.read(lambda c: consents.of(c, added["id"]))
    assert (event, "api writes") == (said.event, said.form)
    wrong = {"address": "a@example.org", "by": "operator"}
    is_problem(ask("POST", "/subscribers", json=wrong), 422)


def test_a_reader_is_erased_by_number(site, ask) -> None:  # L8
    added = ask("POST", "/subscribers", json={"address": "a@example.org", "confirmed": True}).json()
    path = f"/subscribers/{added['id']}"

    is_problem(ask("DELETE", path, scope="read"), 403)
    is_problem(ask("DELETE", "/subscribers/99"), 404)
    assert "a@example.org" == ask("GET", path).json()["address"]
    for _ in range(2):  # again is the same as once
        done = ask("DELETE", path).json()
        assert (True, True) == (done["erased"], done["done"])
    gone = ask("GET", path).json()
    assert ("", "erased", []) == (gone["address"], gone["state"], gone["newsletters"])
    is_problem(ask("POST", "/subscribers", json={"address": "a@example.org"}), 422)
    assert b"a@example.org" not in (site.house.root / "state" / "nashir.db").read_bytes()


def test_pages_miss_nobody_and_repeat_nobody_while_readers_are_added(site) -> None:
    async def run() -> tuple[list[int], list[int]]:
        async with client(site, ApiSettings("keys/api-tokens", per_minute=10_000)) as api:

            async def add(number: int) -> int:
                body = {"address": f"r{number}@example.org"}
                return int((await api.post("/subscribers", json=body)).json()["id"])

            before = [await add(number) for number in range(23)]
            seen = list[int]()
            after: int | None = 0
            number = 100
            while after is not None:
                page = (await api.get(f"/subscribers?limit=5&after={after}")).json()
                seen += [each["id"] for each in page["subscribers"]]
                after, number = page["next"], number + 1
                if number < 104:
                    before.append(await add(number))
            return before, seen

    before, seen = asyncio.run(run())

    assert sorted(before) == seen


def test_a_hundred_at_once_are_all_taken(site) -> None:
    async def run() -> set[int]:
        async with client(site) as api:
            body = [{"address": f"r{number % 50}@example.org", "confirmed": True} for number in range(100)]
            answers = await asyncio.gather(*(api.post("/subscribers", json=each) for each in body))
            assert {200} == {each.status_code for each in answers}
            return {each.json()["id"] for each in answers}

    assert 50 == len(asyncio.run(run()))


def test_an_edition_is_planned_held_released_and_cancelled(site, ask, write) -> None:
    ask("POST", "/subscribers", json={"address": "a@example.org", "confirmed": True})
    write(site.house, "second.md", story(2))
    assert 1 == ask("POST", "/publish").json()["changed"]

    planned = ask("POST", "/newsletters/daily/send", json={"include_existing": True})

    assert 202 == planned.status_code
    (edition,) = planned.json()["editions"]
    path = f"/editions/{edition['id']}"
    assert "held" == ask("POST", f"{path}/hold").json()["edition"]["release"]
    assert "released" == ask("POST", f"{path}/release").json()["edition"]["release"]
    (letter,) = ask("GET", f"/deliveries?edition={edition['id']}&state=queued").json()["deliveries"]
    assert "a@example.org" == letter["address"]
    assert "cancelled" == ask("POST", f"{path}/cancel").json()["edition"]["release"]
    assert [edition["id"]] == [each["id"] for each in ask("GET", "/editions?limit=1").json()["editions"]]
    assert {"queued": 0, "gone": 0, "expired": 0} == ask("POST", "/deliveries/retry").json()


def test_behind_the_restore_fence_nothing_is_planned(site, ask) -> None:
    site.session.fenced = "the database is a copy"

    assert "resume" in is_problem(ask("POST", "/newsletters/daily/send"), 409)["mend"]


def test_the_log_names_token_verb_and_status_and_no_secret(site, ask) -> None:
    with capture_logs() as said:
        ask("POST", "/subscribers", json={"address": "somebody@example.org"})

    assert [
        {"event": "api", "log_level": "info", "token": "writes", "verb": "subscribers add", "status": 200}
    ] == said


def test_a_bug_is_a_500_without_its_words(site, ask, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("publisher.web.api.door.table.run", broken)

    assert "secret" not in json.dumps(is_problem(ask("GET", "/status"), 500))


def test_the_examples_of_the_page_are_answered_as_it_says(site, ask, write) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "api.md").read_text("utf-8")
    examples = re.findall(r"(?m)^    ([A-Z]+) (/\S*)(?: (\{.*\}))?$", page)
    ask("POST", "/subscribers", json={"address": "reader@example.net", "confirmed": True})
    write(site.house, "welcome.md", story(2))
    ask("POST", "/publish")
    ask("POST", "/newsletters/daily/send", json={"include_existing": True})

    assert len(ROUTES) + 1 == len(examples)
    for method, path, body in examples:
        said = {"content": body.encode(), "headers": {"content-type": "application/json"}} if body else {}
        answer = ask(method, path, **said)
        assert answer.status_code == (202 if path.endswith("/send") else 200), (path, answer.text)
