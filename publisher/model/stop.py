"""Why an edition was held by us and not by an editor (S3, S9, B2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Stop(StrEnum):
    """The reasons. The words stand in the database and in JSON."""

    HARD = "hard"  # too many of its readers do not exist
    CONTENT = "content"  # its letters were refused after they had been read
    PTR = "ptr"  # the name of the relay's address
    AUTHENTICATION = "authentication"  # SPF, DKIM, DMARC
    TLS = "tls"
    LOGIN = "login"  # the relay does not take our username and password
    COMPLAINTS = "complaints"  # blocked or listed: what we send is taken for spam
    US = "about us"  # refused, and the reply says why


# In English; editors read them in the site's language (text/words). What went wrong, and the mend.
SAID: Mapping[Stop, str] = {
    Stop.HARD: "Too many of the addresses do not exist. Look where they come from, and end those that failed.",
    Stop.CONTENT: "Mail servers refuse the letter itself. Look for a link or words in it that they take for harmful.",
    Stop.PTR: "The address of your mail server has no name of its own. Its provider has to set the reverse name.",
    Stop.AUTHENTICATION: "Mail servers do not believe that the letter is yours. Mend the records of your domain.",
    Stop.TLS: "Mail servers want an encrypted connection. Switch encryption on in your mail server.",
    Stop.LOGIN: "Your mail server does not accept the username and the password. Mend them in the configuration.",
    Stop.COMPLAINTS: "Mail servers take our letters for spam. Ask for removal from block lists, and write only to "
    "readers who want it.",
    Stop.US: "Mail servers refuse us, and not single readers. Their answer says why.",
}
# What no language of ours has a word for; it stands before the answer.
RECORDS: Mapping[Stop, str] = {
    Stop.PTR: "PTR",
    Stop.AUTHENTICATION: "SPF, DKIM, DMARC",
    Stop.TLS: "STARTTLS",
    Stop.LOGIN: "AUTH",
}
LASTING = frozenset({Stop.HARD})  # what a release does not mend: whoever released it knows of it


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why, and a mail server's answer that shows it, "" without one."""

    reason: Stop
    reply: str = ""  # one line, escaped and cut

    def __str__(self) -> str:
        """As the ledger has it: "ptr: 550 5.7.25 no PTR record"."""
        return f"{self.reason}: {self.reply}" if self.reply else str(self.reason)

    @property
    def evidence(self) -> str:
        """Record and answer, to be set from left to right; "" without either."""
        return ": ".join(each for each in (RECORDS.get(self.reason, ""), self.reply) if each)

    @classmethod
    def parse(cls, text: str) -> "Stopped | None":
        """What `str` wrote; None for "". Raises ValueError for anything else."""
        reason, _, reply = text.partition(": ")
        return cls(Stop(reason), reply) if text else None
