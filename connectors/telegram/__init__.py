"""Telegram: a bot that people and groups write to."""
