# SPDX-License-Identifier: GPL-2.0
"""What happens to pods: they go, clients vanish, servers hang up."""
import contextlib
import os
import signal
import socket
import struct

from lab import netns
from lab.server import listen


@contextlib.contextmanager
def gone(host, hook="input", protocol="tcp", port=8080):
    """Nobody is at host any more: what reaches it (or, at output, leaves it) for this port is lost."""
    host.nft(f"""
        table inet gone {{
            chain lost {{
                type filter hook {hook} priority {'raw' if hook == 'output' else 'filter'};
                {protocol} dport {port} drop
            }}
        }}""")
    try:
        yield
    finally:
        host.run("nft", "delete", "table", "inet", "gone")


def vanish(host, conversation, port=80):
    """The client's end of a connection is gone, and nobody was told: its machine was switched off."""
    with gone(host, "output", port=port):
        conversation.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conversation.close()


class HangingUp:
    """Serves TCP at a port of these hosts: it says who it is and closes the connection, before its client does.

    So the port of the client is free again at once, as after HTTP without keep-alive.
    """

    def __init__(self, hosts, family, port):
        sockets = [(listen(h, family, "tcp", port), f"{h.name.rpartition('-')[2]} {port} - 0\n".encode())
                   for h in hosts]
        self.pids = []
        for s, text in sockets:
            pid = os.fork()
            if not pid:
                try:
                    netns.end_with_parent()
                    while True:
                        connection, _ = s.accept()
                        with connection:
                            if connection.recv(4096):
                                connection.send(text)
                finally:
                    os._exit(1)
            self.pids.append(pid)
        for s, _ in sockets:
            s.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
