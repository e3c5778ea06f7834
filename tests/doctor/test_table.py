"""Every kind that is raised is in the table, and every kind in the table is raised."""

import re
from pathlib import Path

from publisher.doctor.table import KINDS, symptom

ROOT = Path(__file__).parents[2] / "publisher"


def test_every_kind_is_raised_somewhere_and_no_other() -> None:
    text = "".join(path.read_text("utf-8") for path in ROOT.rglob("*.py") if path.name != "table.py")
    raised = re.findall(r'symptom\(\s*"([a-z-]+)"', text)

    assert set(KINDS) == set(raised)


def test_a_symptom_has_the_closer_mend_where_there_is_one() -> None:
    assert KINDS["spf-missing"].mend == symptom("spf-missing", "news.test", "none").mend
    assert "do this" == symptom("spf-missing", "news.test", "none", "do this").mend
    assert "fault" == symptom("spf-missing", "news.test", "none").grade
