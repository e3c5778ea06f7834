"""What measurements of a machine, answers of relays and records of the DNS mean for a site; doors: `dns`, `machine`."""
