"""What was found in messages, and what becomes of it: a guess for the case, a danger told."""
