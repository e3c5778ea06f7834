"""The process that commands are forked from loads this: what they import, and what `quick` has done once."""

from publisher import config, control, daemon  # noqa: F401
from publisher.engine import local  # noqa: F401
from publisher.verbs import reading, session, writing  # noqa: F401
from tests import commands, quick  # noqa: F401

quick.prepare()
