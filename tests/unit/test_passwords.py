"""Passwords: what a try costs."""

from argon2 import extract_parameters

from router.services.passwords import NOBODY, Passwords


async def test_try_for_nobody_costs_as_much_as_one_for_somebody() -> None:
    known = await Passwords().hash("correct horse battery")

    assert extract_parameters(NOBODY) == extract_parameters(known)


async def test_no_password_is_right_for_nobody() -> None:
    assert not await Passwords().is_right("nobody has this password", None)
