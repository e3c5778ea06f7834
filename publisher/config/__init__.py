"""config.toml and the environment to settings: the only reader of both. Every error names file, line and mend.

Each room declares its own frozen dataclass; here they are composed, and the keys people write are mapped to them.

    the file, the environment     loading    a door
    where a key is written        places
    raw values to dataclasses     typed, by `written`
    what the values mean          site, mail, outputs, web, newsletters, folders; in `words`, by `reading`
    what comes of it              settings
"""

from publisher.config.loading import FILE, PREFIX, load
from publisher.config.places import Source, line_of
from publisher.config.settings import AdminSettings, ApiSettings, Networks, Settings, WebSettings

__all__ = [
    "FILE",
    "PREFIX",
    "AdminSettings",
    "ApiSettings",
    "Networks",
    "Settings",
    "Source",
    "WebSettings",
    "line_of",
    "load",
]
