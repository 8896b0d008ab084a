# SPDX-License-Identifier: GPL-2.0
"""A client of the Service over UDP, which sends all that it has to say from one socket."""
import socket

from front_end import LIMIT, Failed
from lab import family


class Talk:
    """One socket in a pod, connected to an address of the Service.

    answered: datagrams of which the answer came. faults: what happened to the others.
    """

    def __init__(self, pod, address, port):
        self.answered, self.faults = 0, []
        with pod:
            self.socket = socket.socket(family.of(address).af, socket.SOCK_DGRAM)
            self.socket.settimeout(LIMIT)
            self.socket.connect((address, port))

    def ask(self, times):
        """Send so many datagrams, each when the last one was answered; the names of who answered."""
        names = set()
        for _ in range(times):
            number = str(self.answered + len(self.faults)).encode()
            try:
                self.socket.send(number)
                name, _, echo = self.socket.recv(65536).partition(b" ")
                if echo != number:
                    raise ValueError(f"not an answer to {number}: {echo}")
                names.add(name.decode())
                self.answered += 1
            except (OSError, ValueError) as e:
                self.faults.append(f"datagram {number.decode()}: {e}")
                if len(self.faults) > 2:
                    raise Failed("datagrams are not answered") from None
        return names
