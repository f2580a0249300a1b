"""U14: An agent's tasks without a pointer, on other layouts and input methods too."""

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from bench.ui.tested import failures

TESTS = (
    "tests/browser/test_keyboard.py",
    "tests/browser/test_inbox_work.py::test_key_of_a_cyrillic_layout_does_what_its_place_says",
    "tests/browser/test_inbox_work.py"
    "::test_enter_of_an_input_method_chooses_a_word_and_sends_nothing",
)


async def measure(_stand: Stand | None) -> list[Figure]:
    return [most("U14", "days that keys alone don't do", await failures(*TESTS), "failures", 0)]
