"""What the doctor knows: each kind of symptom, its grade, what comes of it and the mend. docs/doctor.md has a row for
each.

A fault does not work; a warning works badly, or will not work soon; a remark is worth knowing.
"""

from typing import NamedTuple

from publisher.model.symptom import Grade, Symptom


class Kind(NamedTuple):
    """One kind."""

    grade: Grade
    because: str  # what comes of it
    mend: str  # in general; a symptom may have a closer one


_SETTINGS = {
    "settings": Kind("fault", "a template, a subject or a key cannot be used: letters or pages are not made", "as the line says; `nashir check` tries it again"),
    "unmailed": Kind("fault", "readers can sign up, and get no letter", "name a relay in mail.relay"),
    "sample-sender": Kind("warning", "letters come from a domain that is for examples: they are refused, and nobody can answer", "write an address of your own domain into mail.from"),
    "site-inside": Kind("remark", "nobody outside of this machine or its network reaches the site: fine while you try things out", "write the address that readers use into site.url"),
    "site-plain": Kind("warning", "letters have no one-click unsubscribing, which large mail services ask for, and links can be read and changed on the way (H1)", "serve the site by https (docs/serving.md), and write that into site.url"),
    "site-unreachable": Kind("fault", "readers reach neither pages nor the links in letters", "look at the web server, its certificate and the DNS; from inside some networks the own address cannot be reached: then look from outside"),
}  # fmt: skip

_FILES = {
    "state-open": Kind("fault", "others on this machine can read addresses, letters and keys", "chmod 700 on the folder"),
    "secret-open": Kind("fault", "others on this machine can sign letters, forge links or log in", "chmod 600 on the file"),
    "config-open": Kind("warning", "config.toml holds a password, and others on this machine can read it", "chmod 600 on it, or put the password into the environment"),
    "not-ours": Kind("fault", "the files of the state are another user's than the one who runs this: nothing can be written", "run it as that user, or chown the folder"),
    "as-root": Kind("warning", "a hole in any library would have the whole machine", "run the daemon as a user of its own (docs/operations.md)"),
    "output-unwritable": Kind("fault", "feeds and pages cannot be written", "give the folder to the user that the daemon runs as"),
    "output-closed": Kind("remark", "a web server that runs as another user cannot read the output; the daemon's own can", "chmod o+rx on the folder and those above it, or chmod o+r on the file"),
    "articles-unreadable": Kind("fault", "articles cannot be read: nothing new is published", "make the folder, or give it to the user that the daemon runs as"),
}  # fmt: skip

_MACHINE = {
    "disk-full": Kind("fault", "nothing can be written soon: no letter leaves then", "make room, or move the folder to a larger disk"),
    "disk-low": Kind("warning", "there is no room to write the database once more, as a backup or an upgrade needs", "make room, or move the folder to a larger disk"),
    "inodes-low": Kind("warning", "the disk takes few files more, however much room there is", "delete many small files, or make the file system anew with more inodes"),
    "clock-unset": Kind("warning", "nothing keeps this machine's clock right: letters leave at a wrong time, and signatures and certificates fail", "switch on NTP (`timedatectl set-ntp true`); in a container, on its host"),
    "clock-apart": Kind("warning", "two clocks differ: letters leave at a wrong time", "set both by NTP"),
    "zones-old": Kind("warning", "the rules of time zones are old: where a country changed its clocks since, letters leave an hour off", "update the package tzdata of the system (it is used first), and of Python"),
    "watches-few": Kind("warning", "inotify cannot watch every folder: new articles are found at the next look (articles.scan_every), and not at once", "sysctl fs.inotify.max_user_watches=524288, also in /etc/sysctl.d/"),
    "files-few": Kind("warning", "the process may have few files and connections open: readers are turned away", "raise it (LimitNOFILE= of the systemd unit, ulimit -n)"),
}  # fmt: skip

_STATE = {
    "state-missing": Kind("remark", "nothing was ever published here", "`nashir publish`"),
    "database-unusable": Kind("fault", "nothing can be published, and no letter leaves", "as the line says"),
    "database-damaged": Kind("fault", "what was sent to whom cannot be trusted", "move state/ aside and unpack the last backup (docs/operations.md)"),
    "database-lost": Kind("fault", "readers, and what was sent to whom, are not there: nothing is published, and no letter leaves", "move state/ aside and unpack the last backup (docs/operations.md)"),
    "schema-ahead": Kind("fault", "the database is of a newer nashir: nothing can be published, and no letter leaves", "run a newer nashir"),
    "schema-behind": Kind("warning", "the database is of an older nashir: the next verb that writes upgrades it", "make a backup with the older program if there is none, then `nashir publish`"),
    "fence-up": Kind("fault", "no letter leaves: the state was restored or copied (docs/operations.md)", "`nashir resume`, if it is right"),
    "ailing": Kind("fault", "what /healthz says as well", "as the line says"),
    "warned": Kind("warning", "what /healthz warns of: it stops nothing yet", "as the line says"),
    "backup-off": Kind("remark", "no backup is made by itself", "let cron call `nashir backup`, or set backup.at"),
    "backup-old": Kind("warning", "what happened since the last backup is lost with this machine", "run the daemon; its log and /healthz say why none was made"),
    "backup-beside": Kind("remark", "the backups are lost with the disk that they are for", "set backup.folder to another disk, or copy them elsewhere"),
    "daemon-down": Kind("remark", "nothing is published, sent or served by itself", "`nashir run`, best by systemd (docs/operations.md)"),
    "daemon-silent": Kind("warning", "the daemon runs, and its web server does not answer here", "look at its log, and at web.listen"),
    "port-taken": Kind("fault", "the daemon cannot serve: another program listens at web.listen", "end that, or choose another port"),
}  # fmt: skip

_RELAY = {
    "relay-down": Kind("fault", "no letter leaves this way", "look at mail.relay, at the firewall, or ask its owner"),
    "relay-login": Kind("fault", "the relay does not take our name and password: no letter leaves this way", "look at mail.username and mail.password; some providers want a password made for programs"),
    "relay-certificate-ends": Kind("warning", "soon the relay's certificate is refused, and no letter leaves this way", "have its owner renew it"),
    "relay-old-tls": Kind("warning", "letters and the password are hidden by a method that is known to be weak", "ask its owner for TLS 1.2 or 1.3"),
    "relay-small": Kind("fault", "the relay takes no letter as large as ours may be", "ask its owner for more, or lower mail.html_limit"),
    "mailbox-down": Kind("fault", "what comes back by mail is not read: who cannot be reached is mailed on, and relays lose their trust", "as the line says"),
    "bounces-unread": Kind("remark", "what comes back by mail is read by nobody but people", "name a mailbox in [mail.bounces], or have the mail server pipe to `nashir bounces -` (docs/operations.md)"),
    "relay-no-pipelining": Kind("remark", "each letter takes some round trips more", "raise mail.connections if it is too slow"),
}  # fmt: skip

_SPF = {
    "spf-missing": Kind("fault", "large mail services refuse letters of a domain that does not say who may send for it", 'publish a TXT record: "v=spf1 include:… -all", with what your relay\'s owner names'),
    "spf-several": Kind("fault", "a domain with several SPF records has none (RFC 7208, 4.5)", "make them one record"),
    "spf-wrong": Kind("fault", "the record cannot be read to its end: whoever checks it gives up", "mend what is named, or take it out"),
    "spf-lookups": Kind("fault", "whoever checks the record gives up at the eleventh question (RFC 7208, 4.6.4)", "take out what sends for you no more; put ip4: and ip6: where names are"),
    "spf-voids": Kind("warning", "more than two names in the record lead nowhere: many give up at the third (RFC 7208, 4.6.4)", "take out names that are gone"),
    "spf-open": Kind("fault", "the record lets the whole world send for the domain", "end it with -all or ~all"),
    "spf-unended": Kind("remark", "the record says nothing of all others: nobody is refused by it", "end it with ~all, or with -all when all is well"),
    "spf-relay": Kind("warning", "the record does not seem to name the relay: its letters may fail SPF", "ask the relay's owner what to include"),
    "spf-own": Kind("fault", "the record does not let this machine send", "add ip4: or ip6: with its address"),
}  # fmt: skip

_DKIM = {
    "dkim-unsigned": Kind("remark", "we do not sign letters (no [mail.dkim]): the relay has to", "look into a letter that arrived for DKIM-Signature with d= of your domain; else see docs/operations.md"),
    "dkim-missing": Kind("fault", "nobody can check our signature: letters are taken as unsigned", "publish the record (docs/operations.md, Sign letters)"),
    "dkim-several": Kind("fault", "with several records under one selector any may be taken", "keep the one of the key in use"),
    "dkim-wrong": Kind("fault", "the record cannot be used: letters are taken as unsigned", "publish it anew (docs/operations.md, Sign letters)"),
    "dkim-revoked": Kind("fault", "the record says that the key is revoked (p= is empty)", "publish the public half of the key, or take a new key and selector"),
    "dkim-differs": Kind("fault", "the public key in the DNS is another than that of our key: every signature is broken", "publish the public half of the key in use, or use the key that belongs to the record"),
    "dkim-testing": Kind("warning", "the record says that signing is only tried out (t=y): some take letters as unsigned", "take t=y out"),
}  # fmt: skip

_DMARC = {
    "dmarc-missing": Kind("warning", "large mail services ask senders of many letters for a DMARC record", 'publish a TXT record at _dmarc: "v=DMARC1; p=none; rua=mailto:…"'),
    "dmarc-several": Kind("fault", "several DMARC records count as none (RFC 9989)", "keep one"),
    "dmarc-wrong": Kind("fault", "what cannot be read of the record is as if it were not there, or all of it is", "mend what is named"),
    "dmarc-none": Kind("remark", "p=none: others may send in your name", "when the reports show that all of your mail passes, write p=quarantine, then p=reject"),
    "dmarc-testing": Kind("remark", "t=y: the policy is only tried out", "take t=y out when the reports are good"),
    "dmarc-unaligned": Kind("fault", "neither SPF nor DKIM speaks for the domain of mail.from: letters fail DMARC", "sign letters ([mail.dkim]), or take a mail.bounce_domain below the domain of mail.from"),
    "dmarc-by-relay": Kind("warning", "letters pass DMARC only if the relay signs them as the domain of mail.from", "sign letters ([mail.dkim]), or take a mail.bounce_domain below the domain of mail.from"),
    "dmarc-unread": Kind("remark", "nobody is told who sends in your name (no rua=)", "add rua=mailto:… with an address that somebody or something reads"),
    "dmarc-reports": Kind("warning", "reports go to another domain, which does not say that it wants them: they are not sent", "have that domain publish a TXT record v=DMARC1 at the name that is shown, or name an address of your own"),
}  # fmt: skip

_NAMES = {
    "dns-silent": Kind("warning", "the DNS gave no answer, so nothing can be said of SPF, DKIM, DMARC and addresses", "look at /etc/resolv.conf, or ask another server: --dns 9.9.9.9"),
    "mx-missing": Kind("fault", "no mail arrives there: neither answers nor what could not be delivered; some refuse letters of such domains", "publish an MX record, or take another domain"),
    "mx-null": Kind("fault", "the domain says that it takes no mail (RFC 7505): large mail services refuse letters that come from it", "publish an MX record, or take another domain"),
    "mx-lost": Kind("warning", "a server named by MX has no address: mail for it waits, or is lost", "give the name an A or AAAA record, or take it out"),
    "own-address-unseen": Kind("remark", "the relay is this machine, and its address in the open cannot be seen from here: SPF and PTR were not looked at", "look at both from outside"),
    "ptr-missing": Kind("fault", "large mail services refuse letters from an address without a name (PTR)", "have the owner of the network set one: the name the relay greets with"),
    "ptr-unconfirmed": Kind("fault", "the name of the address leads to other addresses: letters are refused as with none", "give that name an A or AAAA record with the address"),
    "mta-sts": Kind("remark", "who mails you is not told to insist on encryption (RFC 8461)", "nothing needs it; your mail server's owner knows how"),
    "tls-rpt": Kind("remark", "nobody tells you of mail to you that could not be encrypted (RFC 8460)", "nothing needs it: a TXT record at _smtp._tls"),
}  # fmt: skip

_LETTERS = {
    "no-one-click": Kind("fault", "large mail services refuse newsletters without one-click unsubscribing (RFC 8058; H1)", "serve the site by https, and write that into site.url"),
    "one-click-unsigned": Kind("fault", "the signature does not cover the fields of one-click unsubscribing: they do not count (RFC 8058, 4)", "sign with List-Unsubscribe and List-Unsubscribe-Post in h="),
    "unsubscribe-closed": Kind("fault", "readers cannot leave by the link in their letters, and complain instead", "have the web server pass on the daemon's doors (docs/serving.md), and run the daemon"),
}  # fmt: skip

_DOCTOR = {
    "not-looked": Kind("warning", "something kept the doctor from this look", "as the line says"),
}  # fmt: skip

GROUPS: dict[str, dict[str, Kind]] = {
    "The site": _SETTINGS,
    "Files": _FILES,
    "The machine": _MACHINE,
    "State and daemon": _STATE,
    "Relays and mailbox": _RELAY,
    "SPF": _SPF,
    "DKIM": _DKIM,
    "DMARC": _DMARC,
    "Names and addresses": _NAMES,
    "Letters": _LETTERS,
    "The doctor": _DOCTOR,
}
KINDS = {name: kind for group in GROUPS.values() for name, kind in group.items()}


def symptom(kind: str, where: str, what: str, mend: str = "") -> Symptom:
    """*what* is wrong *where*; *mend* where there is a closer one than in general."""
    known = KINDS[kind]
    return Symptom(kind, known.grade, where, what, mend or known.mend)
