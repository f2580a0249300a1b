"""Reading mails in processes that can be killed."""
