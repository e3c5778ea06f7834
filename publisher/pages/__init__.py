"""Articles to static HTML pages: right-to-left first, no script, no third-party resource."""
