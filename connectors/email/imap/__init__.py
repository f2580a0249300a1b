"""Mails in: connections and folders of an IMAP server."""
