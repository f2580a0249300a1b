"""U17: what the widget weighs: on every page, when it is looked at, and all of it open."""

from bench.bar import Figure
from bench.ui import weights
from bench.ui.figures import most
from bench.ui.stand import Stand


async def measure(_stand: Stand | None) -> list[Figure]:
    loader = weights.of_widget("widget.js")
    bundle = weights.of_widget("widget/widget-*.js")
    opened = loader + bundle + weights.of_widget("widget/Panel-*.js")
    return [
        most("U17", "loader, compressed", loader, "KB", 1),
        most("U17", "bundle, compressed", bundle, "KB", 18),
        most("U17", "everything on opening, compressed", opened, "KB", 30),
    ]
