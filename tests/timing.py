"""How long something may take, on a machine that does other work beside it."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def taking_less_than(seconds: float) -> Iterator[None]:
    """What is done here takes less than that many seconds of computing.

    The collection of garbage does not count: it lasts as long as all tests so far have left it to do.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        began = time.process_time()
        yield
        spent = time.process_time() - began
    finally:
        if collects:
            gc.enable()
    assert spent < seconds
