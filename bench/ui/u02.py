"""U2: the lazy chunks that weigh most."""

from bench.bar import Figure
from bench.ui import weights
from bench.ui.figures import most
from bench.ui.stand import Stand


async def measure(_stand: Stand | None) -> list[Figure]:
    locales = [weights.of_chunk(f"i18n/main.{language}.ts") for language in ("zh", "ru")]
    return [
        most("U2", "editor, compressed", weights.of_chunk("editor/editor.ts"), "KB", 75),
        most("U2", "heaviest locale, compressed", max(locales), "KB", 20),
    ]
