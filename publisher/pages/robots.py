"""robots.txt (RFC 9309): where the sitemap is, what is nobody's to crawl, and what machines that learn may do."""

from publisher.layout import Layout
from publisher.model.site import Ai, Site
from publisher.pages.frame import local

# Doors of the daemon: personal links, forms, machines' own.
_DOORS = ("admin", "api", "approve", "confirm", "erase", "preferences", "u")

# Who collects texts to train models on, and who reads them to answer somebody: names as published lists of crawlers
# have them.
TRAINING = (
    "AI2Bot",
    "Amazonbot",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "Diffbot",
    "FacebookBot",
    "GPTBot",
    "Google-Extended",
    "ImagesiftBot",
    "PanguBot",
    "Timpibot",
    "anthropic-ai",
    "cohere-training-data-crawler",
    "meta-externalagent",
    "omgili",
    "webzio-extended",
)
ANSWERING = (
    "ChatGPT-User",
    "Claude-SearchBot",
    "Claude-User",
    "DuckAssistBot",
    "Google-CloudVertexBot",
    "MistralAI-User",
    "OAI-SearchBot",
    "Perplexity-User",
    "PerplexityBot",
    "YouBot",
    "cohere-ai",
    "meta-externalfetcher",
)
_REFUSED: dict[Ai, tuple[str, ...]] = {
    "": (),
    "allow": (),
    "search-only": TRAINING,
    "deny": (*TRAINING, *ANSWERING),
}
# Content signals (https://contentsignals.org): the same in words that need no list of names.
_SIGNALS: dict[Ai, str] = {
    "": "",
    "allow": "search=yes, ai-input=yes, ai-train=yes",
    "search-only": "search=yes, ai-input=yes, ai-train=no",
    "deny": "search=yes, ai-input=no, ai-train=no",
}


def robots(site: Site, layout: Layout, sitemaps: tuple[str, ...]) -> bytes:
    """robots.txt of *site*, that names these *sitemaps* (paths). UTF-8."""
    lines = [f"# The licence of what is published here: {site.license}", ""] if site.license else []
    lines += ["User-agent: *", *([f"Content-Signal: {_SIGNALS[site.ai]}"] if site.ai else [])]
    lines += [f"Disallow: {local(layout.url(door))}/" for door in _DOORS]
    refused = _REFUSED[site.ai]
    if refused:
        lines += ["", *(f"User-agent: {name}" for name in refused), "Disallow: /"]
    lines += ["", *(f"Sitemap: {layout.url(path)}" for path in sitemaps)]
    return "\n".join([*lines, ""]).encode()
