# SPDX-License-Identifier: GPL-2.0
"""Speaks to an API server inside a namespace: JSON over connections that stay open."""
import http.client
import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

# kind: where its objects are.
PLACES = {"Namespace": ("/api/v1", "namespaces"),
          "Node": ("/api/v1", "nodes"),
          "Service": ("/api/v1", "services"),
          "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices")}
CLUSTER_WIDE = ("Namespace", "Node")
WRITERS = 8                 # connections at once


class Refused(Exception):
    """The API server said no; status is HTTP's."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


class _Connection(http.client.HTTPSConnection):
    """HTTPS from within a namespace, to a server that signed its certificate itself."""

    def __init__(self, ns, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__("127.0.0.1", port, timeout=30, context=context)
        self.ns, self.context = ns, context

    def connect(self):
        with self.ns:
            s = socket.create_connection((self.host, self.port), self.timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.context.wrap_socket(s)


def key(obj):
    """What tells an object from others: (kind, namespace, name)."""
    meta = obj["metadata"]
    space = "" if obj["kind"] in CLUSTER_WIDE else meta.get("namespace", "default")
    return obj["kind"], space, meta["name"]


def path(kind, space, name=""):
    root, plural = PLACES[kind]
    middle = "" if kind in CLUSTER_WIDE else f"/namespaces/{space}"
    return f"{root}{middle}/{plural}" + (f"/{name}" if name else "")


class Api:
    """A user, known by its token, of the API server at 127.0.0.1:port of ns."""

    def __init__(self, ns, port, token):
        self.ns, self.port, self.token = ns, port, token
        self._mine = threading.local()
        self._writers = ThreadPoolExecutor(WRITERS)

    def request(self, method, where, body=None):
        """One request; the answer's JSON, or its text where it is none. Raises Refused."""
        connection = self._mine.__dict__.setdefault("connection", _Connection(self.ns, self.port))
        kind = "merge-patch+json" if method == "PATCH" else "json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": f"application/{kind}"}

        def ask():
            try:
                connection.request(method, where, json.dumps(body) if body is not None else None, headers)
                answer = connection.getresponse()
                return answer, answer.read().decode()
            except (OSError, http.client.HTTPException):
                connection.close()          # the next request begins with a new one
                raise

        used = connection.sock is not None
        try:
            answer, text = ask()
        except (ConnectionError, ssl.SSLEOFError):
            if not used:                    # a connection that was idle may have been closed meanwhile
                raise
            answer, text = ask()
        try:
            said = json.loads(text)
        except ValueError:
            said = text
        if answer.status >= 300:
            raise Refused(answer.status, said.get("message") if isinstance(said, dict) else said)
        return said

    def each(self, act, objects):
        """act(object) for all of them, several at a time. Raises one Refused that names each refusal."""
        refusals = []

        def guarded(obj):
            try:
                act(obj)
            except Refused as e:
                refusals.append(f"{'/'.join(key(obj))}: {e}")

        list(self._writers.map(guarded, objects))
        if refusals:
            raise Refused(422, "\n".join(sorted(refusals)))

    def create(self, obj):
        """Create obj, then write its status where it has one."""
        kind, space, name = key(obj)
        made = self.request("POST", path(kind, space), obj)
        if obj.get("status"):
            made["status"] = obj["status"]
            made = self.request("PUT", path(kind, space, name) + "/status", made)
        return made

    def delete(self, obj):
        """Delete obj; it may be gone already."""
        try:
            self.request("DELETE", path(*key(obj)))
        except Refused as e:
            if e.status != 404:
                raise

    def ready(self):
        """Does the server say that all of it is up?"""
        try:
            self.request("GET", "/readyz")
            return True
        except (OSError, http.client.HTTPException, Refused):
            return False

    def close(self):
        self._writers.shutdown(wait=False, cancel_futures=True)
