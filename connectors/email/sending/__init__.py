"""Mails out: composed, signed and handed to an SMTP server."""
