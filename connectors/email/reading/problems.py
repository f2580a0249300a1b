"""What may be wrong with a mail, in words that are shown."""

STRAY_LINE = "a line in the header is no header"
NO_EMPTY_LINE = "the header ends without an empty line"
OTHER_BOUNDARY = "the parts are not separated as the header says"
NO_END = "the last part has no end"
HARMLESS = frozenset({STRAY_LINE, NO_EMPTY_LINE, OTHER_BOUNDARY, NO_END})
"""Problems over which nothing was lost, and which tell an agent nothing."""
TOO_LONG_HEADER = "the header is too long: the rest of it was left out"
TOO_MANY_PARTS = "parts nested too deep or too many were left out"
NOT_UNPACKED = "winmail.dat could not be unpacked"
