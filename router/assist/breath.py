"""Lets others run while a thread builds what takes long.

A thread that only reckons gives the interpreter away when it has had it for 5 ms
(`sys.getswitchinterval`), and an answer that waits for it some ten times in a row comes 50 ms late.
"""

import threading
import time

_REST_S = 0.0002


def breathe() -> None:
    """The loop of the process has had a turn, if it had something to do. Called every two
    milliseconds of work: on a crowded machine each rest takes many times as long as it should.

    Does nothing in the main thread: there nobody else is kept waiting.
    """
    if threading.current_thread() is not threading.main_thread():
        time.sleep(_REST_S)
