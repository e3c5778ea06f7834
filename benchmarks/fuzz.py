"""What parses strangers' words, fed by coverage (X14): no foreign exception, and no input that takes long.

    .venv/bin/pip install atheris                       # once; it is in no lock file, nothing else needs it
    .venv/bin/python benchmarks/fuzz.py [TARGET ...] [--runs 100000] [--seed 1]

Each target is a process of its own, whose fuzzer (libFuzzer, by atheris) keeps what reaches new lines of
`publisher` and changes it further. An exception other than the one that the parser's docstring names ends it, as
does anything that is said of the result below and is not so, or an input of at most 4,096 bytes that takes longer
than a second. What did it stays as a file in benchmarks/, its name is printed, and `--again FILE` runs it once
more. Writes benchmarks/fuzz.json; exit code 1 where a target failed.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

LONGEST, SLOW = 4096, 1  # bytes of an input; seconds
BAGHDAD = ZoneInfo("Asia/Baghdad")
LANGUAGES = ("ar", "fa", "he", "ur", "ckb", "ug", "ps", "en")


def front_matter(data: bytes) -> None:
    """A file: parsed, and its body, or refused."""
    from publisher.articles import parse
    from publisher.articles.parse import Rules
    from publisher.errors import Empty, Unreadable
    from publisher.model.article import Leaf

    name = ("a.md", "b.txt", "c.html", "d.mdx")[data[0] % 4 if data else 0]
    leaf = Leaf(name, data[1:])
    rules = Rules("ar", BAGHDAD)
    try:
        parse.parse(leaf, rules)
        parse.body(leaf, rules)
    except (Unreadable, Empty):
        pass


def dates(data: bytes) -> None:
    """A date: an instant in UTC, whole seconds, or refused."""
    from publisher.articles import dates

    language = LANGUAGES[data[0] % len(LANGUAGES) if data else 0]
    try:
        found = dates.read(data[1:].decode("utf-8", "ignore"), BAGHDAD, language)
    except (ValueError, OverflowError):
        return
    assert found.tzinfo is UTC and not found.microsecond


def direction(data: bytes) -> None:
    """A title and a language: a direction; what leads a text right leads it once."""
    from publisher.text import direction

    text = data.decode("utf-8", "ignore")
    for way in ("rtl", "ltr"):
        assert direction.of_text(text, way) in ("rtl", "ltr")
        led = direction.lead(text, way)
        assert led == direction.lead(led, way) and led.endswith(text)
    assert direction.first_strong(text) in ("L", "R", "AL", None)
    with contextlib.suppress(ValueError):
        assert direction.of_tag(text) in ("rtl", "ltr")


def header(data: bytes) -> None:
    """A subject, a name, a list of links: lines of 78 in ASCII, ended by CRLF, and none that begins a field."""
    from publisher.mail import headers

    text = data.decode("utf-8", "surrogateescape" if data[:1] < b"\x80" else "ignore")
    fields = [headers.text_field("Subject", text), headers.address_field("From", text, "a@example.org")]
    for field in fields:
        assert field.endswith(b"\r\n") and field.isascii()
        lines = field[:-2].split(b"\r\n")
        assert max(map(len, lines)) <= 78
        assert all(line[:1] == b" " and line.strip() for line in lines[1:])
        assert not set(b"\r\n\0") & set(b"".join(lines))
    try:
        field = headers.raw_field("List-Unsubscribe", text)
    except ValueError:
        return
    assert re.fullmatch(rb"List-Unsubscribe: (?:[ -~]|\r\n )*\r\n", field)


def address(data: bytes) -> None:
    """An address: as parsed it is parsed the same again, and fits an envelope; or refused."""
    from publisher.errors import BadInput
    from publisher.mail.address import mailbox
    from publisher.subscribers import addresses

    text = data.decode("utf-8", "ignore")
    try:
        found = addresses.parse(text)
    except BadInput:
        pass
    else:
        assert addresses.parse(found.text) == found
        assert not re.search(r"[\s<>\0]", found.text) and len(found.text.partition("@")[0].encode()) <= 64
    with contextlib.suppress(ValueError):
        mailbox(text)


def bounce(data: bytes) -> None:
    """A message that came back: a report."""
    from publisher.mail import bounces
    from publisher.model.report import Report

    assert isinstance(bounces.read(data), Report)
    assert isinstance(bounces.read(data, "reader@example.net"), Report)
    assert all(isinstance(each, str) for each in bounces.addressed(data))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "front matter": front_matter,
    "dates": dates,
    "direction": direction,
    "header": header,
    "address": address,
    "bounce": bounce,
}
REPORT = """\
From: MAILER-DAEMON@mx.example.net\r
To: b+reader@bounces.example.org\r
Subject: =?utf-8?B?2KrYudiw2ZHYsQ==?=\r
Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r
\r
--x\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
550 5.1.1 <reader@example.net>: no such user=2E\r
--x\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; reader@example.net\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
--x\r
Content-Type: message/rfc822\r
\r
Message-ID: <1.x@example.org>\r
--x--\r
"""
SEEDS: dict[str, tuple[str, ...]] = {
    "front matter": (
        "\0---\ntitle: خبر\ndate: 2024-03-01\ntags: [أ, ب]\n---\nنصّ **غليظ** [رابط](https://example.org) ![](a.jpg)\n",
        "\0+++\ntitle = 'خبر'\n[params]\na = [1, 2]\n+++\n# عنوان\n\n- قائمة\n\n> اقتباس[^1]\n\n[^1]: حاشية\n",
        '\0{"title": "خبر", "tags": ["أ"]}\nنص {{< figure src="a.jpg" >}}\n',
        "\0Title: خبر\nDate: 1 آذار 2024\n\nنص\n",
        "\1خبر بلا رأس\nفقرة أولى.\n- عنوان فرعي\nفقرة ثانية.\n",
        "\2<html><head><title>خبر</title></head><body><p dir=rtl>نص <a href='https://example.org'>رابط</a></body></html>",
        "\3import X from './x'\n\n# عنوان\n\n<X a={1}>نص</X>\n",
    ),
    "dates": (
        "\0" + "2024-03-01T10:20:30+03:00",
        "\0" + "1 آذار/مارس 2024، الساعة 10:20 ص",
        "\0" + "٢٩ ربيع الأول ١٤٤٦ هـ",
        "\1" + "۱۴ مهر ۱۴۰۳ ساعت 10:20",
        "\2" + "כ״ג בניסן תשפ״ד",
        "\7" + "Fri, 01 Mar 2024 10:20:30 GMT",
        "\7" + "March 1st, 2024 at 10:20 pm",
    ),
    "direction": ("خبر عن NASA", "NASA تعلن", "\u2067abc\u2069 خبر", "ar-Latn", "az-Arab-IR", "123 – خبر"),
    "header": (
        "خبر عن الحديقة الجديدة على ضفة النهر",
        "A plain subject",
        "=?utf-8?B?eA==?=",
        "<https://a.example/u/x>, <mailto:a@b.example>",
    ),
    "address": (
        "reader@example.net",
        " Name <a.b+c@xn--mgbh0fb.example> ",
        "قارئ@مثال.إختبار",
        '"a b"@example.org',
    ),
    "bounce": (REPORT,),
}


def fuzz(name: str, words: list[str]) -> None:
    """Feed one target, for ever or as libFuzzer's *words* say; does not return."""
    import atheris

    with atheris.instrument_imports(include=["publisher"], enable_loader_override=False):
        import publisher.articles.dates
        import publisher.articles.parse
        import publisher.mail.address
        import publisher.mail.bounces.read
        import publisher.mail.headers
        import publisher.subscribers.addresses
        import publisher.text.direction  # noqa: F401
    atheris.Setup([sys.argv[0], *words], TARGETS[name])
    atheris.Fuzz()


def target(name: str, runs: int, seed: int) -> dict[str, object]:
    """One target to its end, in a process of its own: its figures."""
    with tempfile.TemporaryDirectory() as place:
        for number, text in enumerate(SEEDS[name]):
            Path(place, str(number)).write_bytes(text.encode())
        command = [sys.executable, __file__, "--only", name, f"-runs={runs}", f"-seed={seed}", place]
        command += [
            f"-max_len={LONGEST}",
            f"-timeout={SLOW}",
            f"-artifact_prefix={HERE}/fuzz-",
            "-rss_limit_mb=2000",
        ]
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode("utf-8", "replace")
        kept = len(list(Path(place).iterdir()))
    counted = re.search(r"Done (\d+) runs", said)
    if done.returncode or not counted:
        print(said[-4000:], file=sys.stderr)
    return {
        "target": name,
        "runs": int(counted[1]) if counted else 0,
        "seconds": round(time.perf_counter() - start),
        "inputs kept": kept,
        "failed": bool(done.returncode) or not counted,
    }


def main() -> None:
    if sys.argv[1:2] == ["--only"]:
        fuzz(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, help="a file that a TARGET stumbled over")
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if asked.again:
        for name in names:
            TARGETS[name](asked.again.read_bytes())
        return
    try:
        import atheris  # noqa: F401
    except ImportError:
        parser.error("atheris is not there: .venv/bin/pip install atheris")
    import measure

    rows = []
    for name in names:
        rows.append(target(name, asked.runs, asked.seed))
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    result = {"machine": measure.machine(), "asked": {"runs": asked.runs, "seed": asked.seed}, "found": rows}
    (HERE / "fuzz.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    sys.exit(any(row["failed"] for row in rows))


if __name__ == "__main__":
    main()
