"""The JSON API below /api/v1: routes onto the verb table, and what stands before them."""
