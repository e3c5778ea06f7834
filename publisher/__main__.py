"""`python -m publisher` is `nashir`."""

from publisher.cli import main

main()
