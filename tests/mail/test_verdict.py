from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.verdict import escaped, judge
from publisher.model.delivery import Delivery, OnUnknown, Reply, Stage, State, Verdict
from publisher.model.report import Kind

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
BEFORE_CONTENT = (Stage.MAIL, Stage.RCPT, Stage.DATA)


def verdict(
    stage: Stage,
    code: int,
    text: str = "",
    *,
    attempts: int = 0,
    life: timedelta = timedelta(hours=24),
    on_unknown: OnUnknown = "resend",
) -> Verdict:
    delivery = Delivery(1, 1, 1, 1, "reader@example.org", attempts, NOW + life)
    return judge(stage, Reply(code, text), delivery, NOW, on_unknown)


def wait(found: Verdict) -> timedelta:
    assert found.due is not None
    return found.due - NOW


def test_a_letter_the_relay_took_is_sent() -> None:
    assert Verdict(State.SENT, None, True, 250, "2.0.0 queued") == verdict(Stage.CONTENT, 250, "2.0.0 queued")


@pytest.mark.parametrize("stage", [*BEFORE_CONTENT, Stage.CONTENT])
@pytest.mark.parametrize("attempts, minutes", [(0, 5), (1, 15), (2, 60), (3, 240), (4, 240), (40, 240)])
def test_a_4xx_waits_longer_each_time(stage: Stage, attempts: int, minutes: int) -> None:  # S3
    found = verdict(stage, 451, attempts=attempts)

    assert (State.QUEUED, True, timedelta(minutes=minutes)) == (found.state, found.counts, wait(found))


def test_a_4xx_is_tried_once_more_before_the_editions_life_ends() -> None:  # S3
    found = verdict(Stage.RCPT, 450, "4.2.0 greylisted", attempts=3, life=timedelta(hours=3, minutes=59))

    assert (State.QUEUED, timedelta(hours=3, minutes=58)) == (found.state, wait(found))


def test_a_4xx_fails_at_the_end_of_the_editions_life() -> None:  # S3
    found = verdict(Stage.RCPT, 450, "4.2.0 greylisted", attempts=3, life=timedelta(minutes=1))

    assert (State.FAILED, None, 450) == (found.state, found.due, found.code)
    assert "expired; last: 4.2.0 greylisted" == found.note


@pytest.mark.parametrize(
    "text, kind",
    [
        ("4.2.2 x", Kind.SOFT),
        ("mailbox is full", Kind.SOFT),
        ("4.3.1 disk full", None),
        ("4.2.0 greylisted", None),
        ("4.3.0 out of order", None),
        ("", None),
    ],
)
def test_a_mailbox_that_stays_full_counts_when_the_letter_fails(
    text: str, kind: Kind | None
) -> None:  # S3 B2
    found = verdict(Stage.RCPT, 452, text, attempts=3, life=timedelta(minutes=1))

    assert (State.FAILED, kind) == (found.state, found.kind)


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA])
@pytest.mark.parametrize("code, text", [(554, ""), (553, "5.6.7 no UTF-8"), (550, "5.5.0 no"), (599, "x")])
def test_a_5xx_is_final(stage: Stage, code: int, text: str) -> None:  # S3
    assert Verdict(State.FAILED, None, True, code, text) == verdict(stage, code, text)


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.CONTENT])
@pytest.mark.parametrize(
    "code, text",
    [
        (550, "5.1.1 <x@example.org>: Recipient address rejected: User unknown in virtual mailbox table"),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        (
            550,
            "5.4.1 Recipient address rejected: Access denied. [AM0EUR02.eop-EUR02.prod.protection.outlook.com]",
        ),
        (554, "5.2.1 mailbox disabled"),
        (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [DB5EUR01.outlook.com]"),
        (550, "No such user here"),
        (511, "user does not exist"),
    ],
)
def test_an_address_that_is_gone_fails_and_says_so(stage: Stage, code: int, text: str) -> None:  # S3 B1
    found = verdict(stage, code, text)

    assert (State.FAILED, Kind.HARD) == (found.state, found.kind)


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.CONTENT])
@pytest.mark.parametrize(
    "code, text",
    [(552, "5.2.2 Mailbox full"), (552, "over quota"), (550, "Quota exceeded"), (554, "mailbox is full")],
)
def test_a_full_mailbox_is_tried_again(stage: Stage, code: int, text: str) -> None:  # S3 B1
    found = verdict(stage, code, text, attempts=1)

    assert (State.QUEUED, True, Kind.SOFT) == (found.state, found.counts, found.kind)
    assert timedelta(minutes=15) == wait(found)


@pytest.mark.parametrize(
    "stage, code, text",
    [
        (Stage.CONTENT, 554, "message rejected"),
        (Stage.CONTENT, 552, "5.3.4 message too big"),
        (Stage.MAIL, 552, "5.3.4 message size exceeds fixed limit"),
        (Stage.CONTENT, 599, "x"),
        (Stage.CONTENT, 550, "5.6.0 content refused"),
        (Stage.RCPT, 550, "5.6.0 content refused"),
        (Stage.RCPT, 552, "5.2.3 message too large"),
        (Stage.MAIL, 552, "message size exceeds fixed maximum message size"),
    ],
)
def test_a_refusal_of_the_letter_is_charged_to_nobody(stage: Stage, code: int, text: str) -> None:  # S3
    found = verdict(stage, code, text, attempts=3)

    assert (State.QUEUED, False, Kind.US) == (found.state, found.counts, found.kind)
    assert timedelta(hours=4) == wait(found)


@pytest.mark.parametrize(
    "stage, code, text",
    [
        (Stage.MAIL, 550, "sender rejected"),
        (Stage.RCPT, 550, "5.1.8 sender's domain does not exist"),
        (Stage.RCPT, 554, "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        (Stage.RCPT, 554, "5.7.1 <x@example.org>: Relay access denied"),
        (Stage.RCPT, 550, "5.5.0 message refused: IP on blocklist"),
        (Stage.RCPT, 550, "5.0.0 rejected, your network has bad reputation"),
        (Stage.RCPT, 550, "5.3.0 Rejected by spam filter (SPF)"),
        (Stage.CONTENT, 550, "5.2.0 sender rejected: DMARC policy"),
        (Stage.RCPT, 550, "5.6.0 rejected as spam"),
        (
            Stage.RCPT,
            550,
            "Requested action not taken: mailbox unavailable. Reject due to policy restrictions",
        ),
        (Stage.RCPT, 554, "5.1.1 message rejected due to spam content"),
        (Stage.RCPT, 451, "4.7.24 The SPF record does not designate this host"),
        (Stage.CONTENT, 450, "4.7.26 unauthenticated"),
    ],
)
def test_who_refuses_us_refuses_no_reader(stage: Stage, code: int, text: str) -> None:  # S3
    found = verdict(stage, code, text, attempts=3)

    assert (State.QUEUED, False, Kind.US) == (found.state, found.counts, found.kind)
    assert timedelta(minutes=15) <= wait(found) <= timedelta(hours=1)


@pytest.mark.parametrize(
    "code, text",
    [
        (450, "4.2.0 <x@example.org>: Recipient address rejected: Greylisted"),
        (451, "4.7.1 Greylisting in action, please come back in 00:05:00"),
        (450, "4.7.1 Please try again later"),
        (452, "4.2.2 mailbox full"),
        (452, "4.5.3 too many recipients"),
    ],
)
def test_who_makes_strangers_wait_is_asked_again_soon(code: int, text: str) -> None:  # S3
    found = verdict(Stage.RCPT, code, text)

    assert (State.QUEUED, True, Kind.SOFT, timedelta(minutes=5)) == (
        found.state,
        found.counts,
        found.kind,
        wait(found),
    )


@pytest.mark.parametrize("stage", [*BEFORE_CONTENT, Stage.CONTENT])
def test_a_refusal_of_us_is_charged_to_nobody(stage: Stage) -> None:  # S3: 5.7.x is about us
    found = verdict(stage, 550, "5.7.26 unauthenticated mail")

    assert (State.QUEUED, False) == (found.state, found.counts)
    assert timedelta(minutes=5) <= wait(found)


@pytest.mark.parametrize("attempts, minutes", [(0, 5), (1, 15), (2, 60), (3, 240)])
@pytest.mark.parametrize(
    "reply", [(550, "5.7.26 unauthenticated"), (450, "4.7.26 wait"), (554, "5.6.0 refused")]
)
def test_a_notice_that_is_refused_is_tried_like_any_other(
    attempts: int, minutes: int, reply: tuple[int, str]
) -> None:  # S3
    notice = Delivery(1, 0, 0, 0, "editor@example.org", attempts, NOW + timedelta(hours=72))
    found = judge(Stage.RCPT, Reply(*reply), notice, NOW, "resend")

    assert (State.QUEUED, True, timedelta(minutes=minutes)) == (found.state, found.counts, wait(found))


@pytest.mark.parametrize("losses, seconds", [(0, 5), (1, 60), (2, 900), (3, 3600), (9, 3600)])
@pytest.mark.parametrize("code", [0, 421])
def test_a_letter_that_ends_connections_waits_longer_each_time(
    code: int, losses: int, seconds: int
) -> None:  # S3
    delivery = Delivery(1, 1, 1, 1, "reader@example.org", 0, NOW + timedelta(hours=24))
    found = judge(Stage.RCPT, Reply(code, ""), delivery, NOW, "resend", losses)

    assert (State.QUEUED, False, timedelta(seconds=seconds)) == (found.state, found.counts, wait(found))


@pytest.mark.parametrize("code", [530, 535])
def test_a_relay_that_wants_a_password_fails_no_letter(code: int) -> None:
    assert (State.QUEUED, False) == (verdict(Stage.MAIL, code).state, verdict(Stage.MAIL, code).counts)


@pytest.mark.parametrize("stage", Stage)
def test_a_421_is_charged_to_nobody(stage: Stage) -> None:  # S3
    found = verdict(stage, 421, "4.7.0 too many letters", attempts=3)

    assert (State.QUEUED, False) == (found.state, found.counts)
    assert timedelta(0) < wait(found) <= timedelta(minutes=1)


@pytest.mark.parametrize(
    "stage, code", [(stage, 0) for stage in BEFORE_CONTENT] + [(Stage.CONNECT, c) for c in (0, 454, 535, 554)]
)
def test_a_connection_at_fault_is_charged_to_nobody(stage: Stage, code: int) -> None:  # S3
    found = verdict(stage, code, attempts=3)

    assert (State.QUEUED, False) == (found.state, found.counts)
    assert timedelta(0) < wait(found) <= timedelta(minutes=1)


def test_a_letter_in_doubt_is_sent_again_where_none_may_be_lost() -> None:  # S4
    found = verdict(Stage.CONTENT, 0, "dropped")

    assert (State.QUEUED, True) == (found.state, found.counts)
    assert timedelta(0) < wait(found) <= timedelta(minutes=5)


def test_a_letter_in_doubt_is_kept_where_none_may_come_twice() -> None:  # S4
    assert Verdict(State.UNKNOWN, None, True, 0, "dropped") == verdict(
        Stage.CONTENT, 0, "dropped", on_unknown="hold"
    )


def test_a_letter_in_doubt_is_not_called_failed_when_its_edition_ends() -> None:
    assert State.UNKNOWN is verdict(Stage.CONTENT, 0, life=timedelta(seconds=1)).state


@given(
    st.sampled_from(Stage),
    st.integers(0, 999),
    st.text(),
    st.integers(0, 99),
    st.sampled_from(["resend", "hold"]),
    st.integers(0, 10**6),
)
def test_every_reply_has_a_verdict(
    stage: Stage, code: int, text: str, attempts: int, on_unknown: OnUnknown, life: int
) -> None:
    found = verdict(stage, code, text, attempts=attempts, on_unknown=on_unknown, life=timedelta(seconds=life))

    assert found.state in (State.QUEUED, State.SENT, State.FAILED, State.UNKNOWN)
    assert (found.state is State.QUEUED) == (found.due is not None)
    assert found.due is None or NOW < found.due <= NOW + timedelta(seconds=life)
    assert (found.state is State.SENT) == (stage is Stage.CONTENT and 200 <= code < 300)
    assert found.state is not State.UNKNOWN or stage is Stage.CONTENT
    assert len(found.note) <= 200 and found.note.isprintable()


def test_a_strangers_words_are_escaped_and_cut() -> None:  # S6
    assert "a\\nb\\x1b[2J\\u202ec" == escaped("a\nb\x1b[2J\u202ec")
    assert "x" * 199 + "…" == (escaped("x" * 5000))
    assert "المستخدم غير معروف" == escaped("المستخدم غير معروف")
