"""docs/serving.md: nginx and Caddy, as configured there, answer as our own server does."""

import http.client
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.patience import LONG
from tests.whole.conftest import free_port

DOCS = Path(__file__).parents[2] / "docs" / "serving.md"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")
BROTLI = next(Path("/usr/lib/nginx/modules").glob("ngx_http_brotli_static_module.so"), None)
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

# The headers that must be ours; those of validators differ, and must be there.
SAME = (
    "content-type",
    "cache-control",
    "content-encoding",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
)
PERSON = {"sec-fetch-dest": "document", "accept": HTML}
OLD = {"upgrade-insecure-requests": "1", "accept": HTML}
ASKED = [
    *(
        (path, headers)
        for path in ("/rss.xml", "/atom.xml", "/feed.json", "/x/atom.xml")
        for headers in (
            {},
            {"accept-encoding": "gzip"},
            {"accept-encoding": "br, gzip"},
            PERSON,
            OLD,
            {"sec-fetch-dest": "empty", "accept": "*/*"},
            {"accept": HTML},
        )
    ),
    ("/newsletter/daily/", {}),
    ("/newsletter/daily/2026-11-23/", {}),
    ("/newsletter/daily/atom.xml", {"accept-encoding": "gzip"}),
    ("/newsletter/daily/rss.xml", PERSON),
    ("/opml.xml", {"accept-encoding": "gzip"}),
    ("/archive/1.xml", PERSON),
    ("/", {}),
    ("/index.html", {}),
    ("/large/", {"accept-encoding": "gzip"}),
    ("/style.css", {}),
    ("/photo.png", {}),
    ("/a/abcdefghij", {}),
    ("/nothing", {}),
    ("/.hidden", {}),
]


EVERYTHING, FOLDER, BELOW = range(3)  # the samples of each server, in their order
# Asked at the doors, not of files: what they answer is the daemon's, whoever passes it on.
DOORS: list[tuple[str, dict[str, str]]] = [
    ("/subscribe", {}),
    ("/subscribe/embed", {}),
    ("/preferences", {}),
    ("/preferences/none", {}),
    ("/u/none", {}),
    ("/confirm/none", {}),
    ("/erase/none", {}),
    ("/approve/none", {}),
    ("/api/v1/articles", {}),
    ("/healthz", {}),
]


def block(kind: str, which: int, ours: int) -> str:
    """A sample, with the daemon at the port *ours*."""
    found = re.findall(rf"(?ms)^```{kind}\n(.*?)^```", DOCS.read_text("utf-8"))
    assert 3 == len(found)
    return str(found[which]).replace("127.0.0.1:8080", f"127.0.0.1:{ours}")


def get(
    port: int, path: str, headers: dict[str, str], method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        reply = connection.getresponse()
        named: dict[str, str] = {}
        for name, value in reply.getheaders():
            key = name.lower()
            named[key] = f"{named[key]}, {value}" if key in named else value
        return reply.status, named, reply.read()
    finally:
        connection.close()


@contextmanager
def running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[int]:
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | environment)
        try:
            end = time.monotonic() + LONG
            while True:
                try:
                    get(port, "/", {})
                    break
                except OSError:
                    assert process.poll() is None and time.monotonic() < end, log.read_text()
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(LONG)


@contextmanager
def nginx(out: Path, work: Path, which: int, ours: int) -> Iterator[int]:
    port = free_port()
    server = block("nginx", which, ours).replace("/srv/site/feeds", str(out))
    if which == BELOW:
        server = f"server {{\n    listen 443 ssl http2;\n{server}}}\n"
    server = re.sub(r"(?ms)^server \{\n    listen 80;.*?^\}\n", "", server)
    server = re.sub(r"(?m)^ +(listen \[|ssl_).*\n", "", server)
    server = server.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    if not BROTLI:
        server = server.replace("brotli_static on;", "")
    paths = "".join(
        f"{kind}_temp_path {work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (work / "nginx.conf").write_text(
        (f"load_module {BROTLI};\n" if BROTLI else "")
        + ("user root;\n" if os.getuid() == 0 else "")
        + f"daemon off; pid {work}/pid; error_log {work}/error.log; events {{ }}\n"
        + f"http {{ access_log off; include /etc/nginx/mime.types; {paths}\n{server}\n}}\n"
    )
    command = [str(NGINX), "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")]
    with running(command, port, work / "log") as found:
        yield found


@contextmanager
def caddy(out: Path, work: Path, which: int, ours: int) -> Iterator[int]:
    port = free_port()
    site = block("caddy", which, ours).replace("/srv/site/feeds", str(out))
    if which == BELOW:
        site = f"news.example.org {{\n{site}}}\n"
    site = re.sub(r"(?m)^news\.example\.org \{", f"http://127.0.0.1:{port} {{", site)
    (work / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    command = [str(CADDY), "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"]
    with running(command, port, work / "log", HOME=str(work), XDG_DATA_HOME=str(work)) as found:
        yield found


@pytest.fixture
def folder(site, story, tmp_path):
    """A published site with a file of each kind."""
    site.article("park.txt", story)
    site.article("large.txt", "مقالة طويلة\n" + "كلمة أخرى في نص طويل. " * 2000)
    site.run("publish")
    out = site.folder / "feeds"
    (out / "photo.png").write_bytes(b"\x89PNG")
    (out / ".hidden").write_text("hidden")
    for folder, name in (("x", "atom.xml"), ("archive", "1.xml")):
        (out / folder).mkdir(exist_ok=True)
        shutil.copy2(out / "atom.xml", out / folder / name)
        for end in (".gz", ".br"):
            shutil.copy2(out / f"atom.xml{end}", out / folder / f"{name}{end}")
    history = 'xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'
    (out / "archive" / "1.xml").write_text(f"<feed {history}><fh:archive/></feed>")
    shutil.copy2(out / "feed.html", out / "x" / "feed.html")
    (large,) = (path.parent for path in out.glob("*/index.html.gz"))
    shutil.copytree(large, out / "large")
    (out / "newsletter/daily/2026-11-23").mkdir()
    shutil.copy2(out / "newsletter/daily/index.html", out / "newsletter/daily/2026-11-23/index.html")
    (out / "a").mkdir(exist_ok=True)
    (out / "a" / "abcdefghij.html").write_text("<p>short</p>")
    return out


both_servers = pytest.mark.parametrize(
    "serve",
    [
        pytest.param(nginx, marks=pytest.mark.skipif(not NGINX, reason="no nginx here: install nginx-light")),
        pytest.param(caddy, marks=pytest.mark.skipif(not CADDY, reason="no Caddy here: install caddy")),
    ],
)


@pytest.mark.parametrize("which", [EVERYTHING, FOLDER])
@both_servers
def test_the_configuration_on_the_page_answers_as_we_do(
    serve, which, folder, daemon, tmp_path
):  # F20-F22, L3
    work = tmp_path / "work"
    work.mkdir()
    wrong = []
    with daemon() as ours, serve(folder, work, which, ours.port) as port:
        for path, headers in [*ASKED, *DOORS]:
            if serve is nginx and not BROTLI and "br" in headers.get("accept-encoding", ""):
                continue
            expected, found = get(ours.port, path, headers), get(port, path, headers)
            names = SAME if expected[0] == 200 else SAME[-3:]
            differs: dict[str, object] = {
                n: (expected[1].get(n), found[1].get(n))
                for n in names
                if expected[1].get(n) != found[1].get(n)
            }
            vary = [set(filter(None, each[1].get("vary", "").split(", "))) for each in (expected, found)]
            if not vary[0] <= vary[1]:
                differs["vary"] = vary
            if expected[0] != found[0] or expected[2] != found[2]:
                differs["status"] = expected[0], found[0], len(expected[2]), len(found[2])
            if (path, headers) in DOORS:
                if "status" in differs and expected[0] == found[0] == 200:
                    del differs["status"]  # a form has a token of its own
            elif found[0] == 200 and not {"etag", "last-modified"} & expected[1].keys() <= found[1].keys():
                differs["validators"] = True
            if differs:
                wrong.append((path, headers, differs))
        tag = get(port, "/atom.xml", {"accept-encoding": "gzip"})[1]["etag"]
        assert 304 == get(port, "/atom.xml", {"accept-encoding": "gzip", "if-none-match": tag})[0]
        assert b"" == get(port, "/atom.xml", {}, "HEAD")[2]
        assert 404 == get(port, "/metrics", {})[0]
    assert not wrong, "\n".join(map(repr, wrong))


@both_servers
def test_the_site_stands_in_a_folder_of_another(serve, site, story, daemon, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    site.article("park.txt", story)
    with (
        daemon(NASHIR__SITE__URL="http://127.0.0.1/news") as ours,
        serve(site.folder / "feeds", work, BELOW, ours.port) as port,
    ):
        ours.until(lambda: ours.get("/newsletter/daily/")[0] == ours.get("/")[0] == 200)
        assert get(port, "/news", {})[0] in {301, 302}
        status, _, home = get(port, "/news/", {})
        assert 200 == status
        for link in set(re.findall(rb'(?:href|src)="(/[^"]*)"', home)):
            assert link.startswith(b"/news/")
            assert 200 == get(port, link.decode().partition("#")[0], {})[0], link
        status, _, form = get(port, "/news/subscribe", {})
        assert 200 == status
        action = re.findall(r'action="([^"]*)"', form.decode())
        assert ["/news/subscribe"] == [urljoin("/news/subscribe", each) for each in action]
