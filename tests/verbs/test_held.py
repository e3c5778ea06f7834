"""Readers who can sign up are mailed, or whoever runs the site is told that they are not."""

from dataclasses import replace

import pytest

from publisher.layout import Layout
from publisher.mail.settings import MailSettings
from publisher.verbs import held, reading

OPEN = "https://news.example.org"
SMTP = "smtp+starttls://mail.example.org:587"


def site(house, url, *relay, newsletters=True):
    return replace(
        house,
        site=replace(house.site, url=url),
        layout=Layout(url),
        mail=MailSettings(sender="news@example.org", relay=relay),
        newsletters=house.newsletters if newsletters else {},
    )


def test_a_site_in_the_open_whose_letters_go_into_a_folder_says_so_with_the_mend(house, clock):
    lost = site(house, OPEN, "maildir:outbox")
    said = held.unmailed(lost)
    problem = reading.check(lost, clock())["problems"][-1]

    assert "the folder outbox" in said
    assert 'Mend: name your mail server: relay = "smtp' in said
    assert said == reading.status(lost, clock())["unmailed"]
    assert said == f"{problem['what']}. Mend: {problem['mend']}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
        "http://192.168.1.5",
        "http://news.test",
    ],
)
def test_whoever_tries_things_out_at_home_is_not_told(house, url):
    assert "" == held.unmailed(site(house, url, "maildir:outbox"))


def test_a_site_that_mails_or_has_no_newsletter_is_not_told(house, clock):
    mailing = site(house, OPEN, SMTP, "maildir:outbox")

    assert "" == held.unmailed(mailing)
    assert "" == held.unmailed(site(house, OPEN, "maildir:outbox", newsletters=False))
    assert reading.status(mailing, clock())["unmailed"] is None
