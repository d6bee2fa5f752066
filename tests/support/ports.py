"""Free TCP ports that two stacks starting at the same time never both take."""

from __future__ import annotations

import atexit
import random
import socket

# Below the range from which the kernel serves outgoing connections, so that none of those takes a port in between.
RANGE = range(20000, 30000)

# Each claim is an abstract unix socket: held until this process ends, also over a restart of what listens there.
_claims: list[socket.socket] = []


def free_port() -> int:
    for port in random.sample(RANGE, 200):
        if _claim(port) and _is_free(port):
            return port
    raise OSError("no free port")


def _claim(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0latchkey-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


@atexit.register
def _release() -> None:
    for claim in _claims:
        claim.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose old connections are still fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
