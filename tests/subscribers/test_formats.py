"""Lists as other programs export them, each written here as that program writes it."""

import io
import json
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import BadInput
from publisher.model.people import Reach, Said, Wish
from publisher.subscribers import addresses
from publisher.subscribers.imports import read, rows

A, B = "a@example.org", "b@example.org"
MAILCHIMP = (
    "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED\n"
)


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name if "/" in name else name.replace("__", "."), text)
    return made.getvalue()


def states(data: bytes | str, name: str = "list.csv") -> dict[str | int, object]:
    raw = data.encode() if isinstance(data, str) else data
    return {
        row.address.text if row.address else row.line: row.reason
        or (row.wish if row.reach is Reach.REACHABLE else row.reach)
        for row in read(io.BytesIO(raw), name)
    }


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "uuid,email,name,attributes,status,created_at,updated_at\n"
            f'1,{A},Layla,"{{""x"": 1}}",enabled,2024-01-01,2024-01-01\n'
            f"2,{B},O,{{}},blocklisted,,\n3,c@x.org,C,{{}},disabled,,\n",
            {A: Wish.ACTIVE, B: Reach.SUPPRESSED, "c@x.org": Wish.ENDED},
        ),
        (
            f"email,active_subscription,expiry,plan,email_disabled,created_at\n{A},false,,other,false,\n{B},true,,x,true,\n",
            {A: Wish.ACTIVE, B: Wish.ENDED},
        ),
        (
            f"id,email,name,note,subscribed_to_emails,complimentary_plan\n1,{A},L,,true,false\n2,{B},O,,false,false\n",
            {A: Wish.ACTIVE, B: Wish.ENDED},
        ),
        (f"Layla Ali <{A}>\n{B}\n", {A: Wish.ACTIVE, B: Wish.ACTIVE}),
        (json.dumps([A, {"Email": B, "status": "unsubscribed"}]), {A: Wish.ACTIVE, B: Wish.ENDED}),
        (f'"{A}"\n{{"email": "{B}", "status": "bounced"}}\n', {A: Wish.ACTIVE, B: Reach.BOUNCED}),
        (
            json.dumps(
                {"data": {"results": [{"email": A, "lists": [{"subscription_status": "unsubscribed"}]}]}}
            ),
            {A: Wish.ENDED},
        ),
    ],
    ids=["listmonk", "substack", "ghost", "mailman", "json", "json lines", "listmonk's API"],
)
def test_what_a_program_says_of_a_reader_is_taken_over(text, expected):  # L7
    assert expected == states(text)


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            f"E-Mail-Adresse,Status\n{A},unsubscribed\n{B},cleaned\n",
            {1: None, A: Wish.ENDED, B: Reach.BOUNCED},
        ),
        (f"user_email;status\n{A};unsubscribed\n{B};active\n", {1: None, A: Wish.ENDED, B: Wish.ACTIVE}),
        (
            f"Subscriber,Unsubscribed\n{A},2024-03-05 10:11:12\n{B},\n",
            {1: None, A: Wish.ENDED, B: Wish.ACTIVE},
        ),
        (f"My list 2026\nemail,status\n{A},unsubscribed\n", {1: None, A: Wish.ENDED}),
        (f"sep=;\nemail;status\n{A};unsubscribed\n", {A: Wish.ENDED}),
        (f"{A},unsubscribed\n{B},Layla\n", {A: Wish.ENDED, B: Wish.ACTIVE}),
        (f"Adresse e-mail,Statut\n{A},désabonné\n{B},abonné\n", {1: None, A: Wish.ENDED, B: Wish.ACTIVE}),
        (f"nobody\n{A}\n", {1: None, A: Wish.ACTIVE}),
        ("one\ntwo\n", {1: None, 2: None}),
        (f"name,address,email\nA,Street 1,{A}\n", {A: Wish.ACTIVE}),
        (f"name,address\nA,{A}\n", {A: Wish.ACTIVE}),
    ],
)
def test_headings_nobody_knows_hide_nobody_who_left(text, expected):  # L7
    found = states(text)

    assert expected == {
        who: None if isinstance(said, str) and who in (1, 2) else said for who, said in found.items()
    }


@pytest.mark.parametrize(
    "heading, gone, stays",
    [
        ("unsubscribed", "true", "false"),
        ("unsubscribed_at", "2024-01-01", ""),
        ("Unsubscribed date", "5/3/2024", "-"),
        ("opt_out", "1", "0"),
        ("subscribed", "no", "yes"),
        ("Opted In", "FALSE", "TRUE"),
        ("Accepts Email Marketing", "no", "yes"),
        ("state", "cancelled", "Basra"),
        ("type", "unsubscribed", "premium"),
        ("do not email", "yes", "no"),
        ("unsubscribe_url", None, "https://lists.example/u/1"),
        ("active_subscription", None, "false"),  # paid, at Substack
        ("Email subscriber status", "Never subscribed", "Subscribed"),
        ("Account status", "Unsubscribed", "premium"),
        ("unsubscribedAt", "2024-01-01", ""),
        ("HasOptedOutOfEmail", "true", "false"),
        ("disabled", "1", "0"),
        ("cancelled_at", "2024-01-01", ""),
        ("Do Not Contact", "Yes", "No"),
        ("subscribed", "not_subscribed", "subscribed"),
        ("ألغى الاشتراك", "نعم", "لا"),
        ("לغו", "لغو عضویت", "x"),
        ("whatever", "UNSUBSCRIBED", "Basra"),
        ("الوضع", "ألغى الاشتراك", "نشط"),
        ("notes", "הוסר", "חבר"),
    ],
)
def test_a_column_that_says_that_somebody_left_is_heard(heading, gone, stays):  # L7
    for said, expected in ((gone, Wish.ENDED), (stays, Wish.ACTIVE)):
        if said is not None:
            assert {A: expected} == states(f"email,{heading}\n{A},{said}\n")
            assert {A: expected} == states(json.dumps([{"email": A, heading: said}]))


@pytest.mark.parametrize(
    "heading, expected",
    [
        ("EMAIL_BLACKLISTED", Reach.SUPPRESSED),
        ("suppressed_at", Reach.SUPPRESSED),
        ("bounced", Reach.BOUNCED),
        ("spam complaint", Reach.COMPLAINED),
    ],
)
def test_a_column_that_says_that_nobody_is_there_is_heard(heading, expected):  # L7
    assert {A: expected, B: Wish.ACTIVE} == states(f"email,{heading}\n{A},Yes\n{B},No\n")


@pytest.mark.parametrize(
    "lists, expected",
    [
        ([("unconfirmed", "double")], Wish.PENDING),
        ([("unconfirmed", "single")], Wish.ACTIVE),
        ([("unsubscribed", "double"), ("unconfirmed", "double")], Wish.PENDING),
        ([("unsubscribed", "double"), ("confirmed", "double")], Wish.ACTIVE),
    ],
)
def test_who_never_confirmed_at_listmonk_is_pending(lists, expected):  # L7
    on = [{"subscription_status": status, "optin": optin} for status, optin in lists]

    assert {A: expected} == states(json.dumps([{"email": A, "lists": on}]))


def test_a_quote_that_is_closed_behind_other_rows_costs_its_own_row():  # L7 X11
    found = states(f'email,note\n{A},"oops\n{B},x\nc@x.org,"y"\nd@x.org,"two\nlines, of one"\n')

    assert "a quote opens here and is closed behind the rows of others" == found.pop(2)
    assert {B: Wish.ACTIVE, "c@x.org": Wish.ACTIVE, "d@x.org": Wish.ACTIVE} == found


def test_a_mailchimp_zip_is_read_whole():  # L7
    line = "{},L,2,2024-03-05 10:11:12,192.0.2.1,2024-03-05 10:12:00,192.0.2.1,2024-04-01 00:00:00\n"
    data = zipped(
        subscribed_x__csv=MAILCHIMP + line.format(A),
        unsubscribed_x__csv=MAILCHIMP + line.format(B),
        cleaned_x__csv=MAILCHIMP + line.format("c@example.org"),
    )
    (first, *_, last) = list(read(io.BytesIO(data), "export.zip"))

    assert {A: Wish.ACTIVE, B: Wish.ENDED, "c@example.org": Reach.BOUNCED} == states(data)
    assert first.address and first.address.text != A  # who left comes first
    assert [Said.ASKED, Said.CONFIRMED] == [said for said, *_ in last.said]
    assert "192.0.2.1" == last.said[0][2]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1256"]
)
def test_an_arabic_heading_is_read_in_every_encoding(encoding):  # L7
    text = "الاسم;البريد الإلكتروني\r\n" + "ليلى;a@example.org\r\n" * 3

    assert {A: Wish.ACTIVE} == states(text.encode(encoding))


def test_a_zip_of_a_mac_is_read():  # L7
    assert {A: Wish.ACTIVE} == states(zipped(list__csv=f"email\n{A}\n", **{"__MACOSX/._list.csv": "x"}))


def test_a_hebrew_heading_is_read_in_windows_1255():  # L7
    assert {A: Wish.ACTIVE} == states(f"שם|כתובת אימייל\nליאת|{A}\n".encode("windows-1255"))


def test_a_quote_that_is_never_closed_costs_its_own_row():  # X11
    found = states('email,name\n"x,oops\n' + "".join(f"r{n}@example.org,n\n" for n in range(120)))

    assert 121 == len(found)
    assert "a quote opens here and is never closed" == found[2]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 nothing", zipped(x__bin="a"), zipped(list__csv="a" * 40_000_000)]
)
def test_a_zip_without_a_list_or_with_a_bomb_is_one_clear_error(data):  # L7
    with pytest.raises(BadInput):
        list(read(io.BytesIO(data), "x.zip"))


@given(
    st.lists(
        st.tuples(*[st.sampled_from(["", "ar", "paused", "Cleaned", "nonsense", " active "])] * 4), max_size=8
    )
)
def test_a_row_says_the_same_among_others_as_alone(cells):  # L7
    headings = "email,language,status,state,newsletter:daily\n"
    lines = [f"r{place}@example.org,{','.join(each)}\n" for place, each in enumerate(cells)]

    assert [rows([headings, each]).__next__()._replace(line=0) for each in lines] == [
        row._replace(line=0) for row in rows([headings, *lines])
    ]


@pytest.mark.parametrize("tail", ["2024-03-05 10:11:12,\udcff192.0.2.1", '"\udcff'], ids=["network", "quote"])
def test_bytes_that_are_no_utf_8_beside_an_address_can_be_written_down(tail):  # L7
    (row,) = rows(["email,OPTIN_TIME,OPTIN_IP\n", f"{A},{tail}\n"])

    "".join([row.given, *(ip for *_, ip in row.said)]).encode()


def test_a_line_without_end_costs_a_row_and_no_memory():  # X11 L7
    import tracemalloc

    data = b"email\n" + b"x" * 30_000_000 + f"\n{A}\n".encode()
    tracemalloc.start()
    found = states(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert Wish.ACTIVE == found.pop(A)
    assert {2: "not a CSV row: field larger than field limit (131072)"} == found
    assert peak < len(data) + 8_000_000  # beside the list itself


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_one_clear_error(data):  # X14
    try:
        for row in read(io.BytesIO(data), "list"):
            assert (row.address is None) == bool(row.reason)
    except BadInput as error:
        assert error.what


@given(st.from_regex(r"\A[A-Za-z0-9.!+_-]{1,70}@[A-Za-z0-9.-]{1,80}\.[A-Za-z]{1,12}\Z"))
def test_the_quick_way_says_what_the_library_says(text):  # L6
    from email_validator import validate_email

    quick = addresses._plain(text)
    if quick is not None:
        slow = validate_email(text, check_deliverability=False, test_environment=True)
        assert (slow.normalized, f"{slow.local_part.casefold()}@{slow.ascii_domain}") == (
            quick.text,
            quick.key,
        )


def test_a_list_in_one_line_of_json_is_read_in_flat_memory():  # L7
    data = json.dumps([{"email": f"r{n}@example.org", "note": "x" * 400} for n in range(20_000)]).encode()
    stream = io.BytesIO(data)
    tracemalloc.start()
    try:
        assert 20_000 == sum(1 for row in read(stream, "list.json") if row.address)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
