"""Which carrier a relay asks for."""

from pathlib import Path

from publisher.mail.carrier import Carrier
from publisher.mail.maildir import MaildirCarrier
from publisher.mail.relay import Relay
from publisher.mail.settings import MailSettings
from publisher.mail.smtp import SmtpCarrier


def carrier_to(relay: Relay, settings: MailSettings, *, site: Path, hello: str) -> Carrier:
    """A carrier to *relay*, not yet opened. *site* is the folder a relative Maildir stands in; *hello* the ASCII
    name we greet relays with (RFC 5321, 4.1.1.1)."""
    if relay.scheme == "maildir":
        return MaildirCarrier(site / relay.path)
    return SmtpCarrier(relay, hello=hello, timeout=settings.timeout)
