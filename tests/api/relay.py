# SPDX-License-Identifier: GPL-2.0
"""What stands between the watch and the API server, and does what the server will not.

Relay passes bytes, whatever they are; Meddler ends TLS and speaks HTTP/1.1, so that it
can change what is said.
"""
import contextlib
import http.client
import http.server
import json
import select
import socket
import ssl
import subprocess
import threading

from k8s.control_plane import API


def _listen(ns, port):
    with ns:
        s = socket.create_server(("127.0.0.1", port), backlog=16)
    return s, s.getsockname()[1]


def _shut(end):
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


class Relay:
    """A TCP relay, in ns, to the API server; connections counts those that came.

    up: the namespace from which the server is reached, and its address there; at: the
    port to listen on. freeze() makes it deaf and dumb: all that is open stays open,
    acked by TCP, and no byte passes any more. New connections pass. cut() ends all.
    """

    def __init__(self, ns, port=API, up=None, at=0):
        self.up, self.address = up or (ns, "127.0.0.1")
        self.to, self.connections, self.frozen, self.ends = port, 0, 0, set()
        self.listener, self.port = _listen(ns, at)
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self):
        self.frozen = self.connections

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._pass, args=(client, self.connections), daemon=True).start()

    def _pass(self, client, number):
        try:
            with self.up:
                server = socket.create_connection((self.address, self.to))
        except OSError:
            client.close()
            return
        ends = {client: server, server: client}
        self.ends |= set(ends)
        with client, server, contextlib.ExitStack() as stack:
            for end in ends:                # a child of ours may hold them open
                stack.callback(_shut, end)
            while True:
                ready, _, _ = select.select(list(ends), [], [], 0.05)
                for s in ready:
                    if number <= self.frozen:
                        select.select([], [], [], 0.05)
                        continue
                    try:
                        got = s.recv(65536)
                        if not got:
                            return
                        ends[s].sendall(got)
                    except OSError:
                        return

    def cut(self):
        for end in list(self.ends):
            _shut(end)

    def close(self):
        _shut(self.listener)                # accept() holds it until it is shut
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Refuse:
    """An answer instead of the server's."""

    def __init__(self, status, message="no", headers=()):
        self.status, self.message, self.headers = status, message, dict(headers)


class Bend:
    """The server's answer, each line of a watch handed to line(text): what to send, None: cut off there."""

    def __init__(self, line):
        self.line = line


class Hang:
    """No answer, until the meddler is closed."""


class Meddler:
    """A TLS proxy to the API server of ns with its own certificate.

    fault(path) says what is done with a request: None passes it. asked are the paths
    that came, with the time of each; ca is what its certificate is signed with.
    """

    def __init__(self, ns, folder, clock):
        self.ns, self.fault, self.asked, self.clock = ns, lambda path: None, [], clock
        self.closing = threading.Event()
        key, certificate = folder / "meddler.key", folder / "meddler.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=meddler", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        self.ca = certificate.read_bytes()
        with ns:
            self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.meddler = self
        self.server.daemon_threads = True
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def paths(self, part):
        """The paths that came and have this part."""
        return [path for _, path in self.asked if part in path]

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class _Server(http.server.ThreadingHTTPServer):
    def finish_request(self, request, client_address):
        with self.meddler.context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request, client_address):
        pass            # clients that go away


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        meddler = self.server.meddler
        meddler.asked.append((meddler.clock(), self.path))
        fault = meddler.fault(self.path)
        if isinstance(fault, Refuse):
            self._refuse(fault)
        elif isinstance(fault, Hang):
            meddler.closing.wait()
        else:
            self._pass(fault)

    def do_POST(self):
        """What carries something is never passed."""
        self.rfile.read(int(self.headers["Content-Length"]))
        meddler = self.server.meddler
        meddler.asked.append((meddler.clock(), self.path))
        fault = meddler.fault(self.path)
        self._refuse(fault if isinstance(fault, Refuse) else Refuse(405))

    def _refuse(self, fault):
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                           "code": fault.status, "message": fault.message}).encode()
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _pass(self, bend):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with self.server.meddler.ns:
            plain = socket.create_connection(("127.0.0.1", API))
        up = http.client.HTTPSConnection("127.0.0.1", API, context=context)
        up.sock = context.wrap_socket(plain)
        up.request("GET", self.path, headers={"Authorization": self.headers.get("Authorization", "")})
        answer = up.getresponse()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._copy(answer, bend)
        up.close()

    def _chunk(self, some):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(some), some))
        self.wfile.flush()

    def _copy(self, answer, bend):
        watch = "watch=1" in self.path
        while True:
            some = answer.readline() if watch else answer.read1(65536)
            if not some:
                self.wfile.write(b"0\r\n\r\n")
                return
            if bend and watch:
                bent = bend.line(some)
                if bent is None:
                    self._chunk(some[:len(some) // 2])
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                some = bent
            self._chunk(some)
