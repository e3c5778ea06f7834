"""Doors: the mailboxes that what comes back is read from (B1): `maildir`, and `imap`."""
