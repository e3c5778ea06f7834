"""The parser of others for what ours does not know: flufl.bounce, which has seen mailing lists since 1998.

It only says whose mail failed. That a failure be final it says too often (5.2.2, 5.7.1), so that is never taken over.
"""

import email
import logging
import re

_LONGEST = 16_000  # octets: it, or the email package, is slow at many a part and line
_BLANK = re.compile(rb"(?:\r?\n|\r){3,}")


def failed(data: bytes) -> list[str]:
    """The addresses whose mail failed or is late, as far as flufl.bounce knows this form."""
    from flufl.bounce import all_failures

    logging.getLogger("flufl.bounce").disabled = True  # it logs what it trips over, mail and all
    try:
        now, for_good = all_failures(email.message_from_bytes(_BLANK.sub(b"\n\n", data[:_LONGEST])))
    except Exception:  # it and the email package trip over strangers' mail in ways nobody has listed
        return []
    return sorted(address.decode("utf-8", "replace") for address in now | for_good)
