"""The list of readers as other programs read it."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from publisher.subscribers import exports, imports
from publisher.subscribers.exports import BOM, Person

RUNS = "=+-@\t\r\n"
ANN = Person("ann@example.org", "ar", "reachable", "2026-11-29T06:00:00+00:00", {"daily": "active"})
HOSTILE = Person("=1+1@example.org", "", "bounced", "2026-11-29T06:00:00+00:00", {"صباح, مساء": "ended"})


def written(people, newsletters=("daily", "صباح, مساء"), form="csv"):
    return b"".join(exports.write(people, newsletters, form))


def test_csv_begins_with_a_byte_order_mark_and_ends_its_lines_as_rfc_4180_has_it():  # L7
    data = written([ANN])

    assert data.startswith(BOM + b"email,language,state,created,newsletter:daily,")
    assert '"newsletter:صباح, مساء"\r\n'.encode() in data
    assert data.endswith(b"ann@example.org,ar,reachable,2026-11-29T06:00:00+00:00,active,\r\n")


@given(st.lists(st.text(st.sampled_from("'=+-@\t\ra\"\n, ب"), max_size=6), min_size=1))
def test_no_spreadsheet_runs_a_field_and_it_can_be_read_back(words):  # L7
    people = [Person(word, word, word, word, {"daily": word}) for word in words]

    rows = list(csv.reader(io.StringIO(written(people, ["daily"]).decode("utf-8-sig"), newline="")))[1:]

    assert not [field for row in rows for field in row if field[:1] and field[0] in RUNS]
    assert [[word] * 5 for word in words] == [[exports.plain(field) for field in row] for row in rows]


def test_an_exported_list_can_be_imported():  # L7
    lines = io.StringIO(written([ANN, HOSTILE]).decode("utf-8-sig"), newline="")

    assert ["ann@example.org", "=1+1@example.org"] == [
        row.address and row.address.text for row in imports.rows(lines)
    ]


def test_json_is_one_document():  # L7
    assert {"subscribers": []} == json.loads(written([], form="json"))
    found = json.loads(written([ANN, HOSTILE], form="json"))["subscribers"]
    assert ["ann@example.org", "=1+1@example.org"] == [each["email"] for each in found]
    assert {"daily": "active"} == found[0]["newsletters"]
