"""Writes docs/cli.md and the manual pages in docs/man/ from the commands: `make docs`.

docs/cli.md is source and result. Written here, from the commands themselves, are the heading of each verb with its
arguments, what stands below it in italics, and the tables of options; all else in it is prose, and stays. A new verb
needs its heading, where it belongs. The manual pages are made of the whole.
"""
