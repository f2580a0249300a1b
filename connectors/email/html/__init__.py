"""HTML of a mail: made safe to show, and turned into the lines that a person reads."""
