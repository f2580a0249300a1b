"""Incidents: what many cases have in common, from its beginning until it is resolved."""
