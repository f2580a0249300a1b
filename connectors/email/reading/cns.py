"""Chinese characters of Taiwan's standard CNS 11643, as EUC-TW and ISO-2022-CN write them.

Its first two planes hold the characters of Big5 in nearly the same order, so stretches of equal
order are all that has to be known. The planes above hold characters that no mail program wrote.
"""

from bisect import bisect_right

_ROW = 94
_BIG5_ROW = 157
_BIG5_FIRST = 63
"""Cells of a row of Big5 that lie below 0x80."""
_LOST = "\ufffd"

# Each: first and last place in the plane, and the place in Big5 of the first.
_PLANE_1 = (
    (0, 4, 0),
    (6, 20, 6),
    (21, 22, 23),
    (24, 24, 22),
    (29, 72, 29),
    (73, 73, 74),
    (74, 74, 73),
    (75, 96, 75),
    (98, 98, 98),
    (100, 126, 100),
    (127, 127, 128),
    (128, 128, 127),
    (129, 147, 129),
    (148, 148, 149),
    (149, 149, 148),
    (150, 153, 150),
    (155, 155, 21),
    (156, 157, 158),
    (158, 233, 158),
    (282, 310, 234),
    (312, 312, 264),
    (314, 455, 266),
    (470, 489, 6101),
    (3290, 4701, 471),
    (4702, 5125, 1884),
    (5126, 5126, 1883),
    (5127, 7002, 2308),
    (7003, 7003, 4571),
    (7004, 7390, 4184),
    (7391, 7915, 4572),
    (7916, 7916, 5286),
    (7917, 8021, 5097),
    (8023, 8105, 5203),
    (8106, 8189, 5287),
    (8190, 8190, 5517),
    (8191, 8244, 5371),
    (8245, 8245, 5426),
    (8246, 8246, 5425),
    (8247, 8336, 5427),
    (8337, 8690, 5518),
)
_PLANE_2 = (
    (0, 9, 6280),
    (10, 42, 6291),
    (43, 43, 6372),
    (44, 91, 6324),
    (92, 137, 6373),
    (138, 138, 6586),
    (139, 305, 6419),
    (306, 2145, 6587),
    (2146, 2146, 9074),
    (2147, 2254, 8428),
    (2255, 2791, 8537),
    (2792, 2792, 8427),
    (2793, 2892, 9075),
    (2893, 2893, 8536),
    (2894, 3292, 9175),
    (3293, 4929, 9575),
    (4930, 4930, 11761),
    (4931, 5076, 11212),
    (5077, 5077, 11899),
    (5078, 5364, 11358),
    (5365, 5365, 12508),
    (5366, 5481, 11645),
    (5482, 5618, 11762),
    (5619, 5722, 11900),
    (5723, 5723, 12425),
    (5724, 5945, 12004),
    (5946, 6143, 12227),
    (6144, 6225, 12426),
    (6226, 6311, 12509),
    (6312, 6312, 12226),
    (6313, 6320, 12595),
    (6321, 6473, 12604),
    (6474, 6529, 12758),
    (6530, 6530, 13114),
    (6531, 6643, 12814),
    (6644, 6644, 12603),
    (6645, 6786, 12927),
    (6787, 6787, 12757),
    (6788, 6832, 13069),
    (6833, 6903, 13115),
    (6904, 6904, 13380),
    (6905, 7098, 13186),
    (7099, 7588, 13381),
    (7589, 7589, 13914),
    (7590, 7632, 13871),
    (7633, 7633, 13915),
    (7634, 7644, 13917),
    (7645, 7645, 13916),
    (7646, 7649, 13928),
)
_PLANES = {1: _PLANE_1, 2: _PLANE_2}


def cns_character(plane: int, row: int, cell: int) -> str:
    """The character at a row and cell (0x21 to 0x7e); U+FFFD if there is none."""
    stretches = _PLANES.get(plane, ())
    place = (row - 0x21) * _ROW + cell - 0x21
    position = bisect_right(stretches, place, key=lambda stretch: stretch[0]) - 1
    if position < 0 or not (0x21 <= cell <= 0x7E):
        return _LOST
    first, last, in_big5 = stretches[position]
    if place > last:
        return _LOST
    high, low = divmod(in_big5 + place - first, _BIG5_ROW)
    low += 0x40 if low < _BIG5_FIRST else 0xA1 - _BIG5_FIRST
    return bytes((high + 0xA1, low)).decode("cp950", "replace")


def decode_euc_tw(raw: bytes) -> tuple[str, int]:
    """The text of EUC-TW, and how many of its characters were lost. Never fails."""
    pieces: list[str] = []
    position = 0
    while position < len(raw):
        first = raw[position]
        if first == 0x8E and position + 3 < len(raw):
            plane, row, cell = (byte & 0x7F for byte in raw[position + 1 : position + 4])
            pieces.append(cns_character(plane - 0x20, row, cell))
            position += 4
        elif first >= 0xA1 and position + 1 < len(raw) and raw[position + 1] >= 0xA1:
            pieces.append(cns_character(1, first & 0x7F, raw[position + 1] & 0x7F))
            position += 2
        else:
            pieces.append(chr(first) if first < 0x80 else _LOST)
            position += 1
    return "".join(pieces), pieces.count(_LOST)
