"""Letters: header words, bytes, relays, verdicts; and the doors to an SMTP relay and to a Maildir."""
