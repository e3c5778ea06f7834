"""What came back by mail about a letter or its reader (B1)."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message that came to the bounce domain is. The words stand in the database."""

    HARD = "hard"  # the address does not exist, or not any more
    SOFT = "soft"  # full, slow, out of order: perhaps another time
    US = "about us"  # the sender, its network or its letter was refused: no reader's fault
    COMPLAINT = "complaint"  # the reader said "this is spam" (RFC 5965)
    LEAVE = "unsubscribe"  # a mail to the mailto: address of List-Unsubscribe
    REPLY = "auto-reply"  # a program answered: holidays, tickets, challenges
    DELIVERED = "delivered"  # a report of success or of a delay that needs nothing done
    HUMAN = "human"  # somebody wrote; the owner reads it
    UNKNOWN = "unknown"  # a report that says nothing we can use


@dataclass(frozen=True, slots=True)
class Report:
    """One message, read. Texts are a stranger's: escaped and cut by whoever shows them."""

    kind: Kind
    code: str = ""  # RFC 3463: "5.1.1"; or the SMTP code "550"; "" where it says none
    note: str = ""  # the diagnostic text that decided; the subject of what is no report
    recipient: str = ""  # the address it says it is about, as far as it says
    host: str = ""  # the reporting host
    returned_id: str = ""  # Message-ID of the letter that came back, without its angle brackets
    returned_from: str = ""  # ... the sender of its envelope: our VERP address, where it was kept
    returned_to: str = ""  # ... the address in its To
    returned_leave: str = ""  # ... its List-Unsubscribe
