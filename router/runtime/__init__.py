"""Loops that run for ever: they log once with ids and go on."""
