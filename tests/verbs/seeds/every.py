"""Two hundred known mistakes, by kind."""

from tests.verbs.seeds.digits import DIGITS
from tests.verbs.seeds.directions import DIRECTIONS
from tests.verbs.seeds.languages import LANGUAGES
from tests.verbs.seeds.marks import MARKS
from tests.verbs.seeds.months import MONTHS
from tests.verbs.seeds.plurals import PLURALS
from tests.verbs.seeds.press import Seed

SEEDS: dict[str, list[Seed]] = {
    "month": MONTHS,
    "plural": PLURALS,
    "direction": DIRECTIONS,
    "digits": DIGITS,
    "mark": MARKS,
    "language": LANGUAGES,
}
