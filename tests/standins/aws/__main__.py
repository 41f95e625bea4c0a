"""``python -m aws``: serve until standard input closes.

Prints one line of JSON with the address of the control endpoint. The driver
holds the other end of standard input, so the process ends with its parent,
however that one dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from .control import Control
from .wire import Server


def main() -> None:
    """Open the control endpoint, say where it is, and wait for the parent to go."""
    # An interrupt from the terminal is for the parent; its end ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = Control()
    server = Server(control.handle)
    print(json.dumps({"control": f"http://127.0.0.1:{server.port}"}), flush=True)
    server.start()
    while sys.stdin.buffer.read(4096):
        pass
    # Answers may be held back on purpose in other threads; nothing is worth waiting for.
    os._exit(0)


if __name__ == "__main__":
    main()
