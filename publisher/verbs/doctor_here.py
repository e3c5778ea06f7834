"""What the doctor looks at on this machine: files, disks, clock, limits, the database, backups."""

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from publisher.config import Settings
from publisher.doctor import host, machine
from publisher.doctor.table import symptom
from publisher.errors import Damaged, PublisherError
from publisher.layout import STATE
from publisher.model.symptom import Looked, Symptom
from publisher.store import emptied, examining, schema
from publisher.store.database import Database
from publisher.store.nights import Nights
from publisher.store.sqlite import Sqlite
from publisher.store.state import GO_ON, LEFT, SECRET, State
from publisher.verbs import lost, measuring
from publisher.verbs import session as sessions

SECONDS = 5.0  # for a look through the whole database


def files(given: Settings) -> Looked:
    """Who may read and write what."""
    root, folder = given.root, given.root / STATE
    named = [given.mail.dkim.key_file, given.mail.dkim.ed25519_key_file, given.store.password_file]
    named += [given.mail.password_file, given.mail.bounces.password_file]
    named += [given.web.metrics_token_file, given.web.api.token_file, given.web.admin.password_file]
    secrets = [machine.file(folder / SECRET), *(machine.file(root / each) for each in named if each)]
    found = list(host.state(machine.file(folder), secrets, machine.user()))
    found += host.folders(machine.file(root / given.articles.folder), machine.file(root / given.feeds.folder))
    config = machine.file(given.source.path)
    if config.mode & 0o004 and _has_password(given):
        found.append(symptom("config-open", config.path, f"its mode is {config.mode:o}"))
    kept = f"{len(secrets)} secret{'s' * (len(secrets) != 1)}"
    return Looked(f"{STATE}/, {given.articles.folder}/, {given.feeds.folder}/, {kept}", tuple(found))


def _has_password(given: Settings) -> bool:
    """Whether one stands in the file itself."""
    words = [given.mail.password, given.mail.bounces.password, urlsplit(given.store.url).password or ""]
    words += [urlsplit(each).password or "" for each in given.mail.relay if "://" in each]
    return any(each and each in given.source.text for each in words)


def disks(given: Settings) -> Looked:
    """Room for what is written."""
    needs = machine.file(State(given.root / STATE).database).size
    told, found = [], list[Symptom]()
    written = {STATE: needs, given.feeds.folder: 0} | (
        {given.backup.folder: needs} if given.backup.at else {}
    )
    for name, needed in written.items():
        disk = machine.disk(given.root / name)
        told.append(f"{name}/ {disk.free / 1e9:.1f} GB free")
        found += host.disk(disk, needed)
    return Looked(", ".join(told), tuple(found))


def backups(given: Settings, now: datetime) -> Looked:
    """The nightly ones on this host."""
    if not given.backup.at:
        at = given.source.place(("backup", "at"))
        return Looked("none are made", (symptom("backup-off", at, 'at = ""'),))
    folder = given.root / given.backup.folder
    newest = Nights(folder, given.site.id).newest(now.astimezone(given.site.timezone).date())
    known = newest.made if newest else machine.made(given.root / STATE / SECRET)
    found = list(host.backup(str(folder), known, now, there=newest is not None))
    if newest and machine.same_disk(folder, given.root / STATE):
        found.append(symptom("backup-beside", str(folder), "it is on the disk of the state"))
    return Looked(
        f"the newest is of {newest.day}, {newest.size:,} bytes" if newest else "there is none yet",
        tuple(found),
    )


def clock(now: datetime) -> Looked:
    """The clock, and the rules of time zones."""
    known, zones = machine.clock(), machine.zones()
    kept = {True: "synchronized", False: "not synchronized", None: "nobody knows whether it is right"}
    told = f"{kept[known]}; time zones {zones.system or '-'} (system), {zones.package} (Python)"
    return Looked(told, (*host.clock(known), *host.zones(zones, now)))


def limits(given: Settings, *, running: bool) -> Looked:
    """What the kernel allows: of a daemon that runs, else of this process."""
    process = examining.noted(State(given.root / STATE)) if running else None
    files, watches = machine.files(process), machine.watches()
    folders = machine.folders(given.root / given.articles.folder)
    told = (
        f"{watches if watches is not None else 'unknown'} watches for {folders} folders, {files} open files"
    )
    return Looked(told, tuple(host.limits(watches, folders, files)))


def database(given: Settings, clock: Callable[[], datetime]) -> Looked:
    """What the database says of itself; whether letters may leave."""
    state, door = State(given.root / STATE), given.store.database(given.root)
    try:
        if absent := _absent(given, state, door):
            return absent
        known = examining.examine(door, lambda: clock().timestamp())
    except Damaged as error:
        return Looked("damaged", (symptom("database-damaged", error.where, error.what, error.mend),))
    except PublisherError as error:
        return Looked(
            "it cannot be used", (symptom("database-unusable", error.where, error.what, error.mend),)
        )
    told = f"{known.version}, schema {known.schema or 'none'}"
    if not known.schema:
        return Looked(told, (symptom("state-missing", door.where, "the database is empty"),))
    if known.schema != schema.HEAD:
        what = f"its schema is {known.schema}, this program's is {schema.HEAD}"
        kind = "schema-behind" if schema.is_known(known.schema) else "schema-ahead"
        return Looked(told, (symptom(kind, door.where, what),))
    try:
        found = (*host.apart(door.where, known.skew), *_living(given, state, clock()))
    except PublisherError as error:
        found = (symptom("database-unusable", error.where, error.what, error.mend),)
    return Looked(told, found)


def _absent(given: Settings, state: State, door: Database) -> Looked | None:
    """That there is no database, where there is none."""
    if emptied.is_lost(state, door):
        return Looked("lost", (symptom("database-lost", door.where, lost.WHAT, lost.mend(given)),))
    if isinstance(door, Sqlite) and not door.path.exists():
        missing = symptom("state-missing", str(state.folder), "there is no database")
        return Looked("nothing was published yet", (missing,))
    return None


def _living(given: Settings, state: State, now: datetime) -> Iterator[Symptom]:
    """The fence, and what /healthz would say. Raises BadState, Unwritable."""
    with sessions.reading(given) as house:
        if why := examining.fence(state, house.store):
            mend = "write that into [store]" if why.startswith(LEFT) else GO_ON
            yield symptom("fence-up", str(state.folder), why, mend)
        for line in measuring.problems(house, now):
            what, _, mend = line.partition(". Mend: ")
            yield symptom("ailing", "the site", what, mend)


def whole(given: Settings) -> Looked:
    """Whether the file of the database is whole, as far as that can be seen in some seconds."""
    path = State(given.root / STATE).database
    try:
        said = examining.whole(path, SECONDS)
    except Damaged as error:
        said = error.what
    if said is None:
        return Looked(f"{SECONDS:.0f} s were not enough to see all of it; what was seen is whole")
    return (
        Looked("whole", ())
        if not said
        else Looked("damaged", (symptom("database-damaged", str(path), said),))
    )
