"""A new connector that works from the first minute, against a network of its own."""

import keyword
import re
from importlib import resources
from pathlib import Path
from string import Template

CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,19}")
SUFFIX = ".tmpl"


def write_scaffold(folder: Path, channel: str) -> list[Path]:
    """The files of a connector for `channel` stand in `folder`, and its tests pass.

    `folder` becomes a Python package; where it stands in another one, as `connectors/sms` does,
    it is imported as `connectors.sms`. Raises ValueError for a name that cannot be a channel, and
    FileExistsError, with nothing written, if there is anything in the folder already.
    """
    folder = folder.absolute()
    if not CHANNEL.fullmatch(channel) or keyword.iskeyword(channel):
        raise ValueError(
            f"{channel!r} cannot be a channel: use a word of lower-case letters, digits and _"
        )
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name):
        raise ValueError(f"{folder.name!r} cannot be a package: use letters, digits and _")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} exists and is not empty")
    names = {
        "channel": channel,
        "name": channel.replace("_", " ").capitalize(),
        "cls": "".join(word.capitalize() for word in channel.split("_")),
        "package": _dotted(folder),
    }
    written = []
    for source, target in _templates(resources.files(__name__).joinpath("templates"), folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source).substitute(names), encoding="utf-8")
        written.append(target)
    return sorted(written)


def _dotted(folder: Path) -> str:
    """Under which name the folder is imported: as deep as there are packages above it."""
    names = [folder.name]
    above = folder.parent
    while (above / "__init__.py").exists():
        names.insert(0, above.name)
        above = above.parent
    return ".".join(names)


def _templates(source: resources.abc.Traversable, target: Path) -> list[tuple[str, Path]]:
    found = []
    for one in source.iterdir():
        if one.is_dir():
            found += _templates(one, target / one.name)
        elif one.name.endswith(SUFFIX):
            path = target / one.name.removesuffix(SUFFIX)
            found.append((one.read_text(encoding="utf-8"), path))
    return found
