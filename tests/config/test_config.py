import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config import line_of, load
from publisher.errors import BadConfig, Exit, NotASite
from publisher.mail.domains import DomainLimits
from publisher.mail.gate import limits
from publisher.mail.rates import Rate

GOOD = """\
[site]
id = "6f1c1c0e-2a56-4b7e-9f4e-0d6a3c1b7e21"
title = "جريدة"
url = "https://news.example.org"
language = "ar"
timezone = "Asia/Baghdad"

[mail]
relay = "maildir:outbox"
from = "جريدة <news@example.org>"

[[newsletters]]
name = "daily"

[[newsletters]]
name = "weekly"
schedule = "weekly sat 07:00"
"""


@pytest.fixture
def read(tmp_path):
    def read(text, **environment):
        (tmp_path / "config.toml").write_text(text, "utf-8")
        return load(tmp_path, environment)

    return read


def test_a_configuration_is_read(read):
    settings = read(GOOD)

    assert settings.site.direction == "rtl"
    assert settings.site.region == "IQ"  # R8: from the time zone
    assert settings.site.weekend == (4, 5)  # D5: Friday and Saturday there
    assert [n.name for n in settings.newsletters] == ["daily", "weekly"]
    assert settings.newsletters[0].title == "جريدة"
    assert settings.web.address == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        ('language = "ar"', 'language = "arabic!"', 5, "language tag"),
        ('timezone = "Asia/Baghdad"', 'timezone = "Baghdad"', 6, "Asia/Baghdad"),
        ('timezone = "Asia/Baghdad"', 'weekend = ["fri", "الأحد"]', 6, 'write "friday"'),
        ('url = "https://news.example.org"', 'url = "news.example.org"', 4, "https://"),
        ('url = "https://news.example.org"', 'url = "https://[broken"', 4, "URL"),
        ('id = "6f1c1c0e-2a56-4b7e-9f4e-0d6a3c1b7e21"', 'id = "mine"', 2, "id"),
        ('title = "جريدة"', 'tittle = "جريدة"', 3, "did you mean title"),
        (
            'title = "جريدة"',
            "title = 7",
            3,
            'should be text, it is 7. Mend: write it in double quotes: title = "..."',
        ),
        ('title = "جريدة"', "", 1, "title is missing"),
        ('relay = "maildir:outbox"', 'relay = "smtp://mail.example.org"', 9, "smtp"),
        ('relay = "maildir:outbox"', 'relay = "gopher://x"', 9, "smtps://"),
        ('from = "جريدة <news@example.org>"', 'from = "جريدة"', 10, "from"),
        ('from = "جريدة <news@example.org>"', "", 8, "from"),
        ('from = "جريدة <news@example.org>"', 'from = "أخبار@example.org"', 10, "beyond ASCII"),
        ("[[newsletters]]", 'reply_to = "رد@example.org"\n[[newsletters]]', 12, "beyond ASCII"),
        ("[[newsletters]]", 'bounce_domain = "b@example.org"\n[[newsletters]]', 12, "bounces.example.org"),
        ("[[newsletters]]", 'bounce_domain = "no domain"\n[[newsletters]]', 12, "bounces.example.org"),
        ('schedule = "weekly sat 07:00"', 'schedule = "on saturdays"', 17, "weekly sat 07:00"),
        ('name = "weekly"', 'name = "daily"', 16, "two newsletters"),
        ('name = "weekly"', 'name = "my letter"', 16, "a-z"),
        ('name = "weekly"', 'name = "weekly"\nmax_items = 0', 17, "between 1 and 200"),
        ("[mail]", 'license = "CC BY"\n\n[mail]', 8, "creativecommons.org"),
        ("[mail]", 'license = "mailto:a@b.example"\n\n[mail]', 8, "creativecommons.org"),
        ("[mail]", 'icon = "../icon.png"\n\n[mail]', 8, "below the site"),
        ("[mail]", 'icon = "/etc/icon.png"\n\n[mail]', 8, "below the site"),
        ("[mail]", 'icon = "icon.svg"\n\n[mail]', 8, "png"),
        ("[mail]", "[mail]\nconnections = 1000", 9, "connections: 1000 is not between 1 and 100"),
        ("[mail]", "[mail]\nconnections = 0", 9, "connections: 0 is not between 1 and 100"),
        ("[mail]", "[mail]\ntimeout = inf", 9, "timeout: inf is not between 1 and 3600"),
        ("[mail]", "[mail]\ntimeout = 0", 9, "timeout: 0.0 is not between 1 and 3600"),
        ("[mail]", "[mail]\nledger_days = 5", 9, "ledger_days: 5 is not between 30 and 3650"),
        (
            "[mail]",
            '[mail]\nconnections = "many"',
            9,
            "a whole number. Mend: write a number: connections = 4",
        ),
        ("[mail]", '[mail]\nprecedence = "always"', 9, "without quotes: precedence = true"),
        ("[mail]", '[mail]\nbounces = "INBOX"', 9, "write [mail.bounces] on a line of its own"),
        ("[mail]", "[mail]\neditors = 5", 9, 'write ["editor@example.org"]'),
        ("[mail]", '[mail]\neditors = "nobody"', 9, 'write ["editor@example.org"]'),
        (
            "[mail]",
            '[feeds]\nper = "author"\n[mail]',
            9,
            "a list of texts, it is 'author'. Mend: write per = [\"...",
        ),
        ('name = "daily"', "", 12, "name is missing. Mend: add name = ... to [[newsletters]]"),
        ("[mail]", "[mali]", 8, "did you mean mail"),
        ("[mail]", "[mail", 8, "TOML"),
        ("[mail]", "mail = 3\n[x]", 7, "TOML|table|setting"),
    ],
)
def test_an_error_names_the_line_and_the_mend(read, old, new, line, words, tmp_path):
    with pytest.raises(BadConfig) as refused:
        read(GOOD.replace(old, new, 1))

    assert refused.value.where.startswith(str(tmp_path / "config.toml"))
    if "TOML|" not in words:
        assert f"config.toml:{line}:" in str(refused.value)
        assert words in str(refused.value)
    assert "Mend:" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit == Exit.CONFIG


def test_a_licence_and_an_icon_are_read(read):  # F15
    with_both = GOOD.replace(
        "[mail]", 'license = "https://مثال.example/رخصة"\nicon = "./art/icon.png"\n[mail]', 1
    )

    assert read(GOOD).site.license == read(GOOD).site.picture == ""
    assert read(with_both).site.license == "https://xn--mgbh0fb.example/%D8%B1%D8%AE%D8%B5%D8%A9"
    assert read(with_both).site.picture == "art/icon.png"


def test_the_environment_overrides_and_is_named_in_errors(read):
    changed = read(GOOD, NASHIR__MAIL__RELAY="smtp://127.0.0.1:2525", NASHIR__FEEDS__ENTRIES="7")

    assert changed.mail.relay == ("smtp://127.0.0.1:2525",)
    assert changed.feeds.entries == 7
    with pytest.raises(BadConfig, match="NASHIR__FEEDS__ENTRIES"):
        read(GOOD, NASHIR__FEEDS__ENTRIES="many")
    with pytest.raises(BadConfig, match="NASHIR__NEWSLETTERS__9__NAME"):
        read(GOOD, NASHIR__NEWSLETTERS__9__NAME="x")


def test_a_list_of_relays_may_come_from_the_environment(read):
    relays = read(GOOD, NASHIR__MAIL__RELAY='["smtps://a.example.org", "smtps://b.example.org"]').mail.relay

    assert relays == ("smtps://a.example.org", "smtps://b.example.org")


def test_a_password_of_the_database_that_is_no_text_is_said_in_one_line(read, tmp_path):  # threat 9
    settings = read(GOOD, NASHIR__STORE__URL="postgresql://h/n", NASHIR__STORE__PASSWORD_FILE="password")
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_bytes(b"hunter\xff")
    with pytest.raises(BadConfig, match=r"password: the password is no text in UTF-8\. Mend: ") as refused:
        settings.store.database(tmp_path)

    assert "hunter" not in str(refused.value)


def test_a_password_stands_in_no_error_and_no_repr(read):  # threat 9
    with pytest.raises(BadConfig) as refused:
        read(GOOD.replace("[mail]", "[mail]\npassword = 123456789"))

    assert "123456789" not in str(refused.value)
    secret = read(
        GOOD,
        NASHIR__MAIL__PASSWORD="hunter2",
        NASHIR__MAIL__USERNAME="u",
        NASHIR__MAIL__RELAY="smtps://m.example.org",
    )
    assert "hunter2" not in repr(secret)


SIGNED = GOOD.replace('[[newsletters]]\nname = "daily"', '[mail.dkim]\n{}\n\n[[newsletters]]\nname = "daily"')


@pytest.mark.parametrize(
    "written, line, words",
    [
        ('selector = "s"', 13, "set both or neither"),
        ('key_file = "k"', 12, "set both or neither"),
        ('selector = "a b"\nkey_file = "k"', 13, "a-z, 0-9"),
        ('selector = "a."\nkey_file = "k"', 13, "a-z, 0-9"),
        ('domain = "example.org"', 12, "add selector and key_file"),
        ('selector = "s"\nkey_file = "k"\ndomain = "other.example"', 15, 'write "news.example.org"'),
        ('selector = "s"\nkey_file = "k"\ndomain = "ws.example.org"', 15, 'write "news.example.org"'),
        ('selector = "s"\nkey_file = "k"\ndomain = "a.news.example.org"', 15, 'write "news.example.org"'),
        ('selector = "s"\nkey_file = "k"\ndomain = "org"', 15, 'write "news.example.org"'),
        ('selector = "s"\nkey_file = "k"\ndomain = "a@news.example.org"', 15, "its domain"),
        ('ed25519_selector = "s"\ned25519_key_file = "k"', 12, "RSA key"),
        ('selector = "s"\nkey_file = "k"\ned25519_key_file = "e"', 13, "ed25519_selector"),
        ('selector = "s"\nkey_file = "k"\ned25519_selector = "S"\ned25519_key_file = "e"', 13, "another"),
        ('selektor = "s"', 13, "did you mean selector"),
        ("selector = 7", 13, 'selector = "..."'),
    ],
)
def test_a_signature_that_cannot_be_is_refused_with_its_line(read, written, line, words):  # H8
    with pytest.raises(BadConfig) as refused:
        read(SIGNED.format(written).replace("news@example.org", "news@news.example.org"))

    assert f"config.toml:{line}: " in str(refused.value)
    assert words in str(refused.value) and refused.value.mend


def test_who_signs_is_the_sender_or_above(read):  # H8
    keys = 'selector = "2026a.news"\nkey_file = "k"\n'
    dkim = read(SIGNED.format(f'{keys}domain = "Example.ORG"')).mail.dkim

    assert ("2026a.news", "k", "Example.ORG") == (dkim.selector, dkim.key_file, dkim.domain)
    assert read(SIGNED.format(keys)).mail.dkim.domain == ""
    assert not read(GOOD).mail.dkim.key_file
    named = {"NASHIR__MAIL__DKIM__SELECTOR": "s", "NASHIR__MAIL__DKIM__KEY_FILE": "/run/credentials/x/dkim"}
    assert read(GOOD, **named).mail.dkim.key_file == "/run/credentials/x/dkim"
    with pytest.raises(BadConfig, match=r"config\.toml:8: from: .*Mend: write"):
        read(GOOD.partition("from =")[0], **named)
    with pytest.raises(BadConfig, match="NASHIR__MAIL__DKIM__SELECTOR"):
        read(GOOD, **named | {"NASHIR__MAIL__DKIM__SELECTOR": "a b"})


def test_a_folder_without_a_configuration_is_no_site(tmp_path):
    with pytest.raises(NotASite, match="nashir init"):
        load(tmp_path, {})


def test_a_configuration_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "config.toml").write_bytes(GOOD.encode("windows-1256"))

    with pytest.raises(BadConfig, match="UTF-8"):
        load(tmp_path, {})


def test_a_pipe_in_the_place_of_a_configuration_is_refused_and_not_waited_for(tmp_path):  # X14
    os.mkfifo(tmp_path / "config.toml")

    with pytest.raises(
        BadConfig, match=r"config\.toml: cannot be read: it is a pipe.* Mend: it must be a readable"
    ):
        load(tmp_path, {})


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "-" + "9" * 5000])
@pytest.mark.parametrize("key", ["connections", "hourly", "rate", "precedence"])
def test_a_number_without_end_is_refused_with_its_line(read, number, key):  # X14
    with pytest.raises(BadConfig, match=r"config\.toml:9: .* Mend: ") as refused:
        read(GOOD.replace("[mail]", f"[mail]\n{key} = {number}", 1))
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "written", ["[backup]\nkeep", "[articles]\nsource", "[feeds]\nlimit", "[web]\nlisten"]
)
def test_a_number_without_end_is_refused_in_every_table(read, written):  # X14
    with pytest.raises(BadConfig, match="Mend: ") as refused:
        read(f"{GOOD}\n{written} = 0x{'f' * 5000}\n")
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "written",
    ['[feeds]\nper = "{}"', '[web]\nlisten = "{}"', "[{}]", "[feeds]\n{} = 1", "[backup]\nkeep = '{}'"],
)
def test_what_is_wrong_is_quoted_in_a_line_of_moderate_length(read, written):  # X14
    with pytest.raises(BadConfig, match="Mend: ") as refused:
        read(f"{GOOD}\n{written.format('x' * 5000)}\n")
    assert len(refused.value.what) <= 300
    assert "xxx" in refused.value.what


def test_a_variable_with_a_number_without_end_names_no_setting(read):  # X14
    with pytest.raises(BadConfig, match="names no setting"):
        read(GOOD, **{f"NASHIR__NEWSLETTERS__{'9' * 5000}__NAME": "x"})


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r")))
def test_any_text_is_settings_or_refused(tmp_path_factory, text):  # X14
    folder = tmp_path_factory.mktemp("site")
    (folder / "config.toml").write_text(text, "utf-8")

    with pytest.raises(BadConfig):
        load(folder, {})


def test_a_key_is_found_in_its_own_table():
    source = "[a]\nx = 1\n[[b]]\nx = 1\n[[b]]\ny = 2\nx = 3\n[c.d]\nx = 4\n"

    assert [line_of(source, at) for at in (("a", "x"), ("b", 0, "x"), ("b", 1, "x"), ("c", "d", "x"))] == [
        2,
        4,
        7,
        9,
    ]
    assert line_of(source, ("b", 1, "missing")) == 5


def test_a_key_is_found_in_a_table_whose_name_has_dots():
    source = (
        '[a]\nx = 1\n[a.b."c.example"]\nx = 2\n[a.b.\'d.example\']\ny = 1\nx = 3\n[a.b]\n"e.example".x = 4\n'
    )

    assert [2, 4, 7, 9] == [
        line_of(source, at)
        for at in (
            ("a", "x"),
            ("a", "b", "c.example", "x"),
            ("a", "b", "d.example", "x"),
            ("a", "b", "e.example", "x"),
        )
    ]


@pytest.mark.parametrize(
    "written, rate",
    [('"20/s"', ("20/s",)), ('["20/s", "50000/day"]', ("20/s", "50000/day")), ("[]", ())],
)
def test_a_rate_is_one_or_a_list(read, written, rate):  # S5
    found = read(GOOD.replace("[mail]", f"[mail]\nrate = {written}")).mail

    assert rate == found.rate


def test_a_domain_has_a_table_of_its_own(read):  # S5
    source = (
        GOOD
        + '\n[mail.domains."Gmail.com"]\nrate = "20/min"\nconnections = 2\n[mail.domains."مثال.إختبار"]\n'
    )
    found = limits(read(source).mail).domains

    assert {
        "gmail.com": DomainLimits((Rate(20, 60),), 2),
        "xn--mgbh0fb.xn--kgbechtv": DomainLimits(),
    } == found


@pytest.mark.parametrize(
    "line, said",
    [
        ('rate = "fast"', "'fast' is no rate. Mend: write \"20/s\""),
        ('rate = "0.5/s"', 'half a letter a second is "30/min"'),
        ("rate = 20", 'rate should be text or a list of texts. Mend: write "20/s"'),
        ("rate = {a = 1}", 'rate should be text or a list of texts. Mend: write "20/s"'),
        ("canary = 1", 'canary should be text. Mend: write "1%"'),
        ("spread = 20", 'spread should be text. Mend: write one number with s, m or h, up to 6 hours: "90s"'),
        ('spread = "1h30m"', "write one number with s, m or h"),
        ('rate = ["5/s", "0/h"]', "'0/h' is no rate"),
        ("letters_per_connection = -1", "-1 is not between 0 and 100000"),
        ('canary = "60%"', "is no share"),
        ('canary = "1"', "is no share"),
        ('spread = "7h"', "'7h' is no time. Mend: write one number with s, m or h, up to 6 hours"),
        ('spread = "20"', "'20' is no time. Mend: write one number with s, m or h, up to 6 hours"),
        ('domains."gmail.com".rate = "x"', "'x' is no rate"),
        ('domains."gmail.com".speed = "x"', "speed is no setting"),
        ('domains."gmail.com".connections = 101', "101 is not between 0 and 100"),
        ("domains = 5", "domains is no list of tables"),
        ('domains."gmail.com" = "20/s"', 'write [mail.domains."gmail.com"] on a line of its own'),
        ('domains.gmail.com.rate = "20/s"', 'write it in quotes: [mail.domains."gmail.com"]'),
        ('domains."*".rate = "20/s"', "'*' is no domain. Mend: write a table for each domain"),
        ('domains."".rate = "20/s"', "'' is no domain. Mend: write what stands behind the @"),
        (
            'domains."@gmail.com".rate = "20/s"',
            "is no domain. Mend: write what stands behind the @ of addresses: [m",
        ),
    ],
)
def test_limits_that_cannot_be_used_are_refused_with_line_and_mend(read, line, said):  # S5 S9
    source = GOOD.replace("[mail]", f"[mail]\n{line}")
    with pytest.raises(BadConfig) as refused:
        read(source)

    assert said in str(refused.value)
    assert f"config.toml:{source.splitlines().index(line) + 1}:" in str(refused.value)


@pytest.mark.parametrize("name", ["gmail.com", "mail.example.co.uk", "a-b.example"])
def test_the_name_of_a_domain_stands_in_quotes(read, name):  # S5
    with pytest.raises(BadConfig) as refused:
        read(f'{GOOD}[mail.domains.{name}]\nrate = "1/s"\n')

    assert f"the name of the domain {name} is not in quotes" in str(refused.value)
    assert f'write it in quotes: [mail.domains."{name}"]' == refused.value.mend
    assert f"config.toml:{GOOD.count(chr(10)) + 1}:" in str(refused.value)


@pytest.mark.parametrize(
    "one, other", [("gmail.com", "Gmail.COM"), ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv")]
)
def test_a_domain_has_one_table(read, one, other):  # S5
    with pytest.raises(BadConfig) as refused:
        read(f'{GOOD}[mail.domains."{one}"]\nrate = "1/s"\n[mail.domains."{other}"]\nrate = "9/s"\n')

    assert f"{other!r} is the domain {one!r} again" == refused.value.what
    assert f"config.toml:{GOOD.count(chr(10)) + 3}:" in str(refused.value)


@pytest.mark.parametrize(
    "maildir, said",
    [
        ("feeds/back", "'feeds/back' lies in 'feeds', which is published"),
        ("./articles", "'./articles' lies in 'articles', which holds articles"),
        ("x/../outbox", "'x/../outbox' is where letters go"),
    ],
)
def test_mail_that_comes_back_lies_apart(read, maildir, said):  # B1
    source = f'{GOOD}\n[mail.bounces]\nevery = 60\nmaildir = "{maildir}"\n'
    with pytest.raises(BadConfig) as refused:
        read(source)

    assert said in refused.value.what and refused.value.mend
    assert refused.value.where.endswith(f"config.toml:{source.count(chr(10))}")


def test_the_only_editor_is_written_alone_or_in_a_list(read):  # D8
    one, listed = (
        read(GOOD.replace("[mail]", f"[mail]\neditors = {each}")) for each in ('"a@b.org"', '["a@b.org"]')
    )

    assert ("a@b.org",) == one.mail.editors == listed.mail.editors


def test_a_domain_is_named_without_anybody_before_it(read):  # S5
    source = f'{GOOD}[mail.domains."a@gmail.com"]\nrate = "1/s"\n'
    with pytest.raises(BadConfig, match=f"config.toml:{source.count(chr(10)) - 1}:.* is an address"):
        read(source)


@pytest.mark.parametrize(
    "written, said",
    [
        ('hub = "ftp://hub.example.org/"', "is no hub's URL"),
        ('hub = ["https://a.example/", "hub.example.org"]', "is no hub's URL"),
        ('hub = "https://user:secret@hub.example.org/"', "a login would stand in every feed"),
        ('hub = "ftp://user:secret@hub.example.org/"', "a login would stand in every feed"),
        ('hub = "http://127.0.0.1:8000/"', "is this machine or a private network"),
        ("hub = 7", "hub should be"),
    ],
)
def test_a_hub_that_cannot_be_used_is_named_with_its_line(read, written, said):  # F24, threat 8, threat 9
    with pytest.raises(BadConfig) as caught:
        read(GOOD.replace("[mail]", f"[feeds]\n{written}\n\n[mail]"))

    assert caught.value.where.endswith("config.toml:9")
    assert said in caught.value.what and caught.value.mend
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "written, said",
    [
        ('indexnow = "api.indexnow.org"', 'write "https://api.indexnow.org/indexnow"'),
        ('indexnow = "https://user:secret@engines.example.org/"', "leave it out of the URL"),
        ('indexnow = "http://localhost:8000/"', "write indexnow_private = true if you mean it"),
    ],
)
def test_a_door_of_search_engines_that_cannot_be_used_is_named_with_its_line(
    read, written, said
):  # F24, threat 8, threat 9
    with pytest.raises(BadConfig) as caught:
        read(GOOD.replace("[mail]", f"[pages]\n{written}\n\n[mail]"))

    assert caught.value.where.endswith("config.toml:9")
    assert said in caught.value.mend
    assert "secret" not in str(caught.value)


def test_one_hub_is_written_alone_or_in_a_list(read):  # F24
    one = read(GOOD.replace("[mail]", '[feeds]\nhub = "https://hub.example.org"\n\n[mail]'))
    listed = read(GOOD, NASHIR__FEEDS__HUB='["https://a.example/", "https://b.example/"]')

    assert ("https://hub.example.org",) == one.feeds.hub
    assert ("https://a.example/", "https://b.example/") == listed.feeds.hub
    assert ("https://c.example/",) == read(GOOD, NASHIR__FEEDS__HUB="https://c.example/").feeds.hub


def test_the_weekend_may_be_named(read):  # D5
    assert (4,) == read(GOOD.replace("[mail]", 'weekend = ["friday"]\n[mail]')).site.weekend


@pytest.mark.parametrize("relay", ["maildir:feeds/outbox", "maildir:./articles", "maildir:feeds"])
def test_letters_go_to_no_folder_that_others_see(read, relay):
    with pytest.raises(BadConfig, match=r"config\.toml:9: relay: .* lies in '(feeds|articles)', which"):
        read(GOOD.replace("maildir:outbox", relay))


def test_letters_may_go_to_a_folder_of_their_own(read):
    assert "maildir:mail/out" == read(GOOD.replace("maildir:outbox", "maildir:mail/out")).mail.relay[0]


@pytest.mark.parametrize(
    "line, words",
    [
        ('folder = "feeds/backups"', "lies in 'feeds', which is published"),
        ('folder = "articles"', "lies in 'articles', which holds articles"),
        ('folder = "state/backups"', "would be lost with it"),
        ('folder = "."', "no folder of their own"),
        ('folder = ""', "no folder of their own"),
        ('at = "3:30"', '"03:30"'),
        ('at = "24:00"', '"03:30"'),
        ("keep = 0", "between 1 and 1000"),
    ],
)
def test_backups_lie_where_they_are_safe(read, line, words):  # threat 9
    with pytest.raises(BadConfig, match=re.escape(words)) as refused:
        read(GOOD + f"\n[backup]\n{line}\n")

    assert ":20: " in str(refused.value)


@pytest.fixture
def key(tmp_path):
    """Writes the file of a password."""

    def key(data, mode=0o640):
        (tmp_path / "relay.key").write_bytes(data)
        (tmp_path / "relay.key").chmod(mode)

    return key


WITH_FILE = GOOD.replace(
    'relay = "maildir:outbox"', 'relay = "smtps://a.example"\nusername = "x"\npassword_file = "relay.key"'
)
IMAP = '[mail.bounces]\nimap = "imaps://a@b.example"\npassword_file = "relay.key"\n\n[[newsletters]]'


def test_a_password_may_stand_in_a_file_of_its_own(read, key):  # threat 9
    key("سرّ-s3cr3t \n".encode())
    settings = read(WITH_FILE.replace("[[newsletters]]", IMAP, 1))

    assert ("سرّ-s3cr3t", "سرّ-s3cr3t") == (settings.mail.password, settings.mail.bounces.password)
    assert "s3cr3t" not in repr(settings)


@pytest.mark.parametrize(
    ("data", "mode", "words"),
    [
        (b"canary", 0o644, "can be read by others"),
        (b"", 0o600, "not one line"),
        (b"canary\nmore", 0o600, "not one line"),
        (b"canary\xff", 0o600, "UTF-8"),
        (None, 0, "cannot be read: No such file"),
    ],
)
def test_a_file_that_holds_no_password_is_named_and_never_quoted(read, key, data, mode, words):  # threat 9
    if data is not None:
        key(data, mode)
    with pytest.raises(BadConfig, match=words) as refused:
        read(WITH_FILE)

    assert "relay.key" in str(refused.value) and "canary" not in str(refused.value)


def test_a_password_stands_in_one_place(read, key):
    key(b"one")
    with pytest.raises(BadConfig, match=r"stands in password as well. Mend: keep one") as refused:
        read(WITH_FILE, NASHIR__MAIL__PASSWORD="two")
    assert refused.value.where.endswith("config.toml:11")
    with pytest.raises(BadConfig, match=r"'feeds/relay.key' lies in 'feeds'"):
        read(WITH_FILE.replace("relay.key", "feeds/relay.key"))
