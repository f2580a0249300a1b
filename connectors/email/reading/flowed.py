"""Paragraphs of a text that was wrapped for transport (RFC 3676)."""


def unflow(text: str, *, delete_space: bool) -> str:
    """Lines that end with a space go on in the next one of the same quote depth."""
    lines: list[str] = []
    pieces: list[str] = []
    depth_before = -1
    prefix = ""
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">")) if line.startswith(">") else 0
        content = line[depth:].removeprefix(" ")
        is_signature = content == "-- "
        if not (pieces and depth == depth_before and not is_signature):
            if pieces:
                lines.append(prefix + "".join(pieces))
            pieces = []
            prefix = ">" * depth + (" " if depth else "")
        is_flowed = content.endswith(" ") and not is_signature
        pieces.append(content[:-1] if is_flowed and delete_space else content)
        depth_before = depth if is_flowed else -1
    lines.append(prefix + "".join(pieces))
    return "\n".join(lines)
