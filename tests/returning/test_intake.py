"""What comes back changes exactly whom it is about, once, and is removed only when that is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.actions import intake, letters
from publisher.errors import Unwritable
from publisher.mail import bounces, message
from publisher.mail.intake.mailbox import MOST
from publisher.mail.intake.maildir import Maildir
from publisher.model.delivery import Delivery, State
from publisher.model.digest import Content
from publisher.model.people import Reach
from publisher.store import notices, reports
from publisher.subscribers.tokens import Claim
from tests.returning.post import BLOCKED, DOMAIN, FULL, Office, complaint, dsn, letter

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_a_bounce_is_noted_about_its_reader_and_removed(office: Office) -> None:  # B1
    ann, bob = office.readers(2)
    edition = office.edition()
    taken = office.gets(office.bounce(edition, ann))

    (back,) = office.house.store.read(lambda c: reports.of_reader(c, ann))
    assert (edition, "daily", "hard", "5.1.1") == back[:4]
    assert "User unknown" in back.note
    assert {"hard": 1} == taken.counts
    assert [] == office.lies()
    assert () == office.house.store.read(lambda c: tuple(reports.of_reader(c, bob)))
    assert [Reach.REACHABLE] * 2 == [office.reach(ann), office.reach(bob)]


def test_the_same_message_again_changes_nothing(office: Office) -> None:  # threat 10
    (ann,) = office.readers(1)
    edition = office.edition()
    message = office.bounce(edition, ann)
    office.gets(message)
    before = office.everything()
    taken = office.gets(message, message)

    assert {"repeated": 2} == taken.counts
    assert before == office.everything()


def test_one_token_counts_once_for_an_edition_whatever_is_written_to_it(office: Office) -> None:  # threat 10
    (ann,) = office.readers(1)
    edition = office.edition()
    bounce = office.bounce(edition, ann)
    taken = office.gets(*(bounce + b"%d\n" % n for n in range(20)))

    assert {"hard": 1, "repeated": 19} == taken.counts
    assert Reach.REACHABLE == office.reach(ann)


def test_capitals_that_a_server_changes_do_no_harm(office: Office) -> None:  # H7
    (ann,) = office.readers(1)
    local, _, domain = office.verp(office.edition(), ann).partition("@")

    assert {"hard": 1} == office.gets(dsn(f"{local.upper()}@{domain.title()}")).counts


@pytest.mark.parametrize("how", ["id", "sender"])
@pytest.mark.parametrize("make", [dsn, complaint])
def test_the_letter_that_came_back_says_whose_it_was(office: Office, make: object, how: str) -> None:  # B1
    ann, bob = office.readers(2)
    edition = office.edition()
    bears = {
        "id": office.head(edition, ann),
        "sender": f"Return-Path: <{office.verp(edition, ann)}>",
    }
    taken = office.gets(make(f"bounces@{DOMAIN}", returned=bears[how]))  # type: ignore[operator]

    assert {"hard" if make is dsn else "complaint": 1} == taken.counts
    assert 1 == len(office.house.store.read(lambda c: reports.of_reader(c, ann)))
    assert 0 == len(office.house.store.read(lambda c: reports.of_reader(c, bob)))


def test_a_message_id_of_another_edition_is_nobodys(office: Office) -> None:  # threat 10
    (ann,) = office.readers(1)
    first, second = office.edition(), office.edition()
    forged = office.id(first, ann).replace(f"<{first}.", f"<{second}.")
    taken = office.gets(dsn(f"bounces@{DOMAIN}", returned=f"Message-ID: {forged}"))

    assert {"foreign": 1} == taken.counts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_forged_tokens_change_nothing(office: Office, data: st.DataObject) -> None:  # threat 10
    if not office.waiting(1):
        office.readers(2)
        office.edition()
    token = office.verp(1, 1).partition("@")[0].removeprefix("b+")
    alphabet = "0123456789abcdef"
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([c for c in alphabet if c != token[place]]))
    forged = data.draw(
        st.sampled_from(
            [
                token[:place] + other + token[place + 1 :],
                token[:place],
                token + other,
                office.leaving(1),  # genuine, and for something else
                "".join(data.draw(st.lists(st.sampled_from(alphabet), min_size=60, max_size=60))),
            ]
        )
    )
    kind = data.draw(st.sampled_from([dsn, complaint]))
    before = office.everything()
    taken = office.gets(kind(f"b+{forged}@{DOMAIN}"))

    assert {"forged": 1} == taken.counts
    assert before == office.everything()
    assert [] == office.lies()


def test_a_token_is_of_no_use_to_another_site(office: Office) -> None:  # threat 10
    (ann,) = office.readers(1)
    address = office.verp(office.edition(), ann)
    elsewhere = address.replace(DOMAIN, "bounces.example.com")
    before = office.everything()
    taken = office.gets(dsn(elsewhere))

    assert {"not for us": 1} == taken.counts
    assert before == office.everything()
    assert 1 == len(office.lies())


@pytest.mark.parametrize("state", [State.QUEUED, State.CANCELLED])
def test_a_letter_that_never_left_cannot_come_back(office: Office, state: State) -> None:  # threat 10
    (ann,) = office.readers(1)
    edition = office.edition(sent=False)
    if state is State.CANCELLED:
        office.state(edition, state, ann)
    taken = office.gets(office.bounce(edition, ann))

    assert {"foreign": 1} == taken.counts
    assert [] == office.house.store.read(lambda c: reports.of_reader(c, ann))


def test_a_complaint_ends_the_letters_at_once(office: Office) -> None:  # B1, L1
    ann, bob = office.readers(2)
    edition = office.edition()
    office.edition(sent=False)
    taken = office.gets(complaint(f"fbl@{DOMAIN}", returned=office.head(edition, ann)))

    (change,) = taken.reckoned.changes
    assert (ann, "r0@example.net", Reach.COMPLAINED) == (change.subscriber, change.address, change.state)
    assert [State.SENT, State.CANCELLED] == office.waiting(ann)
    assert [State.SENT, State.QUEUED] == office.waiting(bob)


@pytest.mark.parametrize("kind", ["abuse", "opt-out"])
def test_a_message_id_alone_complains_for_nobody(office: Office, kind: str) -> None:  # threat 10
    """It stands in In-Reply-To of whatever the reader forwards or answers."""
    ann, bob = office.readers(2)
    edition = office.edition()
    mine = f"Message-ID: {office.id(edition, ann)}"
    for head in (mine, f"List-Unsubscribe: <mailto:u+{office.leaving(bob)}@{DOMAIN}>\n{mine}"):
        office.gets(complaint(f"fbl@{DOMAIN}", returned=head).replace(b": abuse", f": {kind}".encode()))

    assert [(Reach.REACHABLE, "active")] * 2 == [
        (office.reach(each), office.wish(each)) for each in (ann, bob)
    ]
    assert [] == office.house.store.read(lambda c: reports.of_reader(c, ann))


@pytest.mark.parametrize("by", ["url", "mail"])
def test_but_beside_the_address_to_leave_it_does(office: Office, by: str) -> None:  # B1
    (ann,) = office.readers(1)
    edition = office.edition()
    url = office.house.keys.sign("unsubscribe", Claim(ann, 1))
    leave = {
        "url": f"<https://example.org/unsubscribe/{url}>",
        "mail": f"<mailto:U+{office.leaving(ann).upper()}@{DOMAIN}>",
    }
    head = f"Message-ID: {office.id(edition, ann)}\nList-Unsubscribe: {leave[by]}"
    office.gets(complaint(f"fbl@{DOMAIN}", returned=head))

    assert Reach.COMPLAINED == office.reach(ann)


def test_a_complaint_without_our_signature_is_nobodys(office: Office) -> None:  # threat 10
    office.readers(1)
    office.edition()
    before = office.everything()
    taken = office.gets(complaint(f"fbl@{DOMAIN}", returned="Message-ID: <1.AAAA@example.org>"))

    assert {"foreign": 1} == taken.counts
    assert before == office.everything()
    assert ["cur/"] == [name[:4] for name in office.lies()]


# Leaving by mail


@pytest.mark.parametrize("subject", ["unsubscribe", "", "أرجو الإلغاء"])
def test_mail_to_the_leaving_address_does_what_the_click_does(office: Office, subject: str) -> None:  # H1, H2
    ann, bob = office.readers(2)
    office.edition(sent=False)
    mail = letter(f"u+{office.leaving(ann)}@{DOMAIN}", subject)
    taken = office.gets(mail)
    again = office.gets(mail, letter(f"u+{office.leaving(ann)}@{DOMAIN}", "please"))

    assert ("ended", "active") == (office.wish(ann), office.wish(bob))
    assert [State.CANCELLED] == office.waiting(ann)
    assert [State.QUEUED] == office.waiting(bob)
    assert ({"unsubscribe": 1}, {"repeated": 2}) == (taken.counts, again.counts)
    assert [] == office.lies()


def test_without_a_bounce_domain_the_subject_says_who_leaves(office: Office) -> None:  # H1
    ann, bob = office.readers(2)
    office.house = replace(office.house, mail=replace(office.house.mail, bounce_domain=""))
    taken = office.gets(letter("owner@example.org", f"unsubscribe {office.leaving(ann)}"))

    assert {"unsubscribe": 1} == taken.counts
    assert ("ended", "active") == (office.wish(ann), office.wish(bob))


@pytest.mark.parametrize("extra", [["Auto-Submitted: auto-replied"], ["X-Autoreply: yes"]])
def test_a_program_that_answers_does_not_leave(office: Office, extra: Sequence[str]) -> None:  # B1
    (ann,) = office.readers(1)
    where = f"u+{office.leaving(ann)}@{DOMAIN}"
    office.gets(letter(where, "I am away", *extra), dsn(where))

    assert "active" == office.wish(ann)


def test_an_answer_to_the_word_unsubscribe_does_not_leave(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    office.gets(
        letter(f"u+{office.leaving(ann)}@{DOMAIN}", "Re: unsubscribe", "Auto-Submitted: auto-replied")
    )

    assert "active" == office.wish(ann)


def test_a_bounce_token_does_not_leave_and_a_forged_one_neither(office: Office) -> None:  # threat 10, H4
    (ann,) = office.readers(1)
    bounce = office.verp(office.edition(), ann).replace("b+", "u+")
    office.gets(letter(bounce, "unsubscribe"), letter(f"u+{'a' * 60}@{DOMAIN}", "unsubscribe"))

    assert "active" == office.wish(ann)


# What people write


def test_what_somebody_writes_is_passed_on_once_with_all_of_it(office: Office) -> None:  # B1
    mail = letter(f"b+{'a' * 60}@{DOMAIN}", "سؤال عن الحديقة")
    office.gets(mail)
    taken = office.gets(mail)

    ((kind, to, data),) = office.notices()
    assert ("human", "owner@example.org", mail) == (kind, to, data)
    assert {"repeated": 1} == taken.counts
    assert [] == office.lies()


def test_the_notice_holds_the_message_as_it_came(office: Office) -> None:  # B1, M1
    mail = letter(f"any@{DOMAIN}", "سؤال", body="نص\n" * 40)
    office.gets(mail)
    made = letters.notice(office.house, Delivery(1, 0, 0, 0, "owner@example.org", 0, office.clock()))
    found = message_from_bytes(made.data, policy=policy.default)

    text, enclosed = found.iter_parts()
    assert "multipart/mixed" == found.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in text.iter_parts()]
    assert "message/rfc822" == enclosed.get_content_type()
    inner = enclosed.get_content()
    assert "سؤال" == inner["Subject"]
    assert "نص\n" * 40 == inner.get_content()
    assert "سؤال" in found["Subject"]
    plain = text.get_body(("plain",))
    assert plain
    assert "layla@example.net" in plain.get_content()
    assert [] == [line for line in made.data.split(b"\r\n") if len(line) > 998 or b"\n" in line]
    assert "auto-generated" == found["Auto-Submitted"]


@pytest.mark.parametrize(
    "mail", [b"Subject: \xff\xfe\n\nbinary \x00\r\x80", b"To: a@b\n\n" + b"x" * 2000, b"", b"\n"]
)
def test_a_message_that_mail_cannot_carry_goes_as_a_file(mail: bytes) -> None:  # B1
    content = Content("s", "<p>h</p>", "t", "en", "ltr")
    sender = message.Sender("n", "n@example.org", "", "example.org")
    made = message.notice(
        content,
        sender,
        kind="human",
        key="k",
        recipient="o@example.org",
        sent=datetime(2026, 1, 1, tzinfo=UTC),
        attached=mail,
    )
    *_, part = message_from_bytes(made.data, policy=policy.default).iter_parts()

    if part.get_content_type() == "application/octet-stream":
        assert mail == part.get_content()
    else:
        assert b"" == mail.strip()


@pytest.mark.parametrize(
    "extra",
    [
        ["List-Id: <x.example.com>"],
        ["Feedback-ID: 1:daily:digest:newsexampleorg"],
        ["Precedence: list"],
        ["X-Spam-Flag: YES"],
    ],
)
def test_what_programs_write_to_many_is_not_passed_on_but_kept(
    office: Office, extra: Sequence[str]
) -> None:  # B1
    taken = office.gets(letter(f"b@{DOMAIN}", "hello", *extra))

    assert [] == office.notices()
    assert 1 == taken.kept
    assert ["F"] == [name.partition(":2,")[2] for name in office.lies()]


def test_letters_and_notices_of_ours_do_not_go_round(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    edition = office.edition()
    office.gets(letter(f"x@{DOMAIN}", "first"))
    notice = letters.notice(office.house, Delivery(1, 0, 0, 0, "owner@example.org", 0, office.clock())).data
    mails = [
        b"Delivered-To: x@%s\r\n" % DOMAIN.encode() + notice,
        letter(f"x@{DOMAIN}", "ours", f"Message-ID: {office.id(edition, ann)}"),
        letter(f"x@{DOMAIN}", "away", "Auto-Submitted: auto-replied"),
    ]
    taken = office.gets(*mails)

    assert 1 == len(office.notices())
    assert {"our own": 1, "auto-reply": 2} == taken.counts
    assert [] == office.lies()


def test_mail_to_the_owner_is_left_alone(office: Office) -> None:  # B1
    mails = [letter("owner@example.org"), letter("owner@example.org", "away", "Auto-Submitted: auto-replied")]
    mails += [dsn("owner@example.org"), b"no message at all", b"", letter("friend@example.com")]
    office.drop(*mails)
    before = office.lies()
    box = Maildir(office.folder)
    taken = office.take(box)

    assert before == office.lies()
    assert {"not for us": len(mails)} == taken.counts
    assert {} == office.take(box).counts  # nor read again by the same daemon
    assert [] == office.notices()


def test_no_more_than_twenty_an_hour_are_passed_on(office: Office) -> None:  # B1
    mails = [letter(f"x@{DOMAIN}", f"no {n}") for n in range(intake.PER_HOUR + 3)]
    taken = office.gets(*mails)
    office.days(0.1)
    office.gets(letter(f"x@{DOMAIN}", "later"))

    assert 3 == taken.kept
    assert intake.PER_HOUR + 1 == len(office.notices())
    assert 3 == len(office.lies())


def test_of_a_long_message_the_beginning_is_passed_on_and_the_rest_kept(office: Office) -> None:  # B1
    mail = letter(f"x@{DOMAIN}", "صورة", body="ا" * MOST)
    office.gets(mail)

    ((_, _, data),) = office.notices()
    assert data and mail.startswith(data) and len(data) <= intake.LETTERHEAD
    assert ["F"] == [name.partition(":2,")[2] for name in office.lies()]


def test_what_a_report_without_use_says_is_kept_for_a_person(office: Office) -> None:  # B1
    taken = office.gets(dsn(f"bounces@{DOMAIN}"))

    assert {"foreign": 1} == taken.counts
    assert 1 == taken.kept
    assert {} == office.take().counts


def test_what_was_dealt_with_may_be_kept(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    office.drop(office.bounce(office.edition(), ann))
    office.take(Maildir(office.folder, keep=True))

    assert ["RS"] == [name.partition(":2,")[2] for name in office.lies()]
    assert {} == office.take().counts


# Order, and what breaks


def test_a_message_is_there_until_what_it_said_is_on_the_disk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:  # B1
    (ann,) = office.readers(1)
    office.drop(office.bounce(office.edition(), ann))

    def full(*_: object, **__: object) -> None:
        raise Unwritable("the database cannot be written: disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(reports, "add", full)
        with pytest.raises(Unwritable):
            office.take()

    assert 1 == len(office.lies())
    assert {"hard": 1} == office.take().counts


def test_what_was_written_and_not_removed_changes_nothing_the_next_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:  # B1
    ann, bob = office.readers(2)
    edition = office.edition()
    office.drop(
        office.bounce(edition, ann), letter(f"x@{DOMAIN}"), letter(f"u+{office.leaving(bob)}@{DOMAIN}", "x")
    )
    with monkeypatch.context() as patch:
        patch.setattr(Maildir, "finish", lambda *_: (_ for _ in ()).throw(Unwritable("read-only")))
        with pytest.raises(Unwritable):
            office.take()
    before = office.everything()
    taken = office.take()

    assert {"repeated": 3} == taken.counts
    assert before == office.everything()
    assert [] == office.lies()


def test_a_message_that_breaks_the_reader_stops_none_of_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:  # B1, X14
    ann, bob = office.readers(2)
    edition = office.edition()
    good, bad = office.bounce(edition, ann), office.bounce(edition, bob)
    real, add = bounces.read, reports.add

    def read(data: bytes, address: str = "") -> object:
        if data == b"To: x\n\npoison":
            raise RecursionError
        return real(data, address)

    def write(connection: object, mark: str, *args: object, **values: object) -> None:
        if values.get("subscriber") == bob:
            raise ValueError("cannot be bound")
        add(connection, mark, *args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(bounces, "read", read)
    monkeypatch.setattr(reports, "add", write)
    taken = office.gets(b"To: x\n\npoison", bad, good)

    assert {"unknown": 1, "unread": 1, "hard": 1} == taken.counts
    assert 2 == len(taken.troubles) == taken.kept
    assert ["F", "F"] == [name.partition(":2,")[2] for name in office.lies()]
    assert {} == office.take().counts  # and they do not come round again


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_taken_in(office: Office, data: st.DataObject) -> None:  # X14
    if not office.waiting(1):
        office.readers(1)
        office.edition()
    wholes = [office.bounce(1, 1, FULL), complaint(office.verp(1, 1)), letter(f"x@{DOMAIN}"), b""]

    def broken(whole: bytes) -> bytes:
        at, until = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))))
        return whole[:at] + data.draw(st.binary(max_size=60)) + whole[until:]

    taken = office.gets(*map(broken, wholes))

    assert [] == taken.troubles
    assert len(wholes) == taken.counts.total()
    for path in (office.folder / "new").iterdir():
        path.unlink()


def test_about_us_and_full_mailboxes_charge_nobody_at_once(office: Office) -> None:  # B1, B2
    (ann,) = office.readers(1)
    editions = [office.edition() for _ in range(4)]
    taken = office.gets(
        *(office.bounce(each, ann, BLOCKED) for each in editions[:2]), office.bounce(editions[2], ann, FULL)
    )

    assert {"about us": 2, "soft": 1} == taken.counts
    assert Reach.REACHABLE == office.reach(ann)
    assert {editions[0]: {"about us": 1}} == {
        number: kinds
        for number, kinds in office.house.store.read(reports.by_edition).items()
        if number == editions[0]
    }
    assert not office.house.store.read(lambda c: notices.is_due(c, office.clock()))
