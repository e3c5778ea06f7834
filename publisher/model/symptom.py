"""What the doctor says of a site: a symptom, and what was looked at."""

from dataclasses import dataclass
from typing import Literal

Grade = Literal["fault", "warning", "remark"]  # it does not work; it works badly, or soon not; worth knowing


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something to mend. Words in English."""

    kind: str  # "spf-missing": docs/doctor.md has a row for each
    grade: Grade
    where: str  # a file, a name in the DNS, a relay
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Looked:
    """One look: what was seen in a line, also where all is well, and what is to be mended."""

    told: str
    symptoms: tuple[Symptom, ...] = ()
