"""The verbs of the command line and the control socket: one table, values in, JSON shapes out."""
