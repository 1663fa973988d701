"""A way around a fault of PySide6 6.12.0 under Python 3.10 and 3.11."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_AMPLE: Final = sys.maxsize // 4


def keep_singletons_alive() -> None:
    """Give None, True, False and NotImplemented more references than a run can use up.

    PySide6 6.12.0 hands these out without counting the reference, as is right from Python 3.12 on, where they are
    immortal (PEP 683). Its wheels also install on 3.10 and 3.11, where every call into Qt that returns None then
    takes one reference away; after some thousand calls the interpreter aborts with "none_dealloc: deallocating
    None". Measured with `sys.getrefcount(None)` over 500 calls of `QObject.deleteLater`: -1.0 a call with 6.12.0 on
    Python 3.11.7; 0.0 with 6.12.0 on 3.12.1, and with 6.11.3 on both.
    """
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython" or hasattr(sys, "gettotalrefcount"):
        return
    for singleton in (None, True, False, NotImplemented):
        # The count is the first field of every object (Include/object.h, builds without Py_TRACE_REFS).
        count = ctypes.c_ssize_t.from_address(id(singleton))
        if count.value < _AMPLE:
            count.value += _AMPLE
