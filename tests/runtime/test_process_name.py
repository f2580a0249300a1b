"""Whether a process is gone is said only where it can be seen for certain."""

import subprocess
import sys

from router.runtime.process_name import is_gone, own_name

_SAY_NAME = (
    "from router.runtime.process_name import own_name; print(own_name(), flush=True); input()"
)


def test_living_process_is_not_gone_and_a_killed_one_is() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SAY_NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        name = other.stdout.readline().decode().strip()
        was_gone = is_gone(name)
        other.kill()
        other.wait()

    assert (was_gone, is_gone(name)) == (False, True)


def test_own_process_is_not_gone() -> None:
    assert not is_gone(own_name())


def test_number_that_another_process_has_by_now_is_gone() -> None:
    host, machine, pid, began = own_name().split("/")
    assert is_gone(f"{host}/{machine}/{pid}/{int(began) + 1}")


def test_process_of_another_machine_is_never_judged() -> None:
    host, _, _, _ = own_name().split("/")
    assert not is_gone(f"{host}/another-boot.4026531836/4194305/17")
    assert not is_gone(f"{host}//4194305/17")
    assert not is_gone("node-a")
