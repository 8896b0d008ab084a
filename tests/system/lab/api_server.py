# SPDX-License-Identifier: GPL-2.0
"""The API server that tests/api/guest runs on the other side of eth0, as a node of the lab sees it."""
import base64
import contextlib
import http.client
import json
import os
import pathlib

from k8s import objects
from k8s.control_plane import API
from k8s.rest import Api, Refused, key, path
from relay import Relay

OUTSIDE, ORDERS = "10.0.2.2", 6444              # of QEMU's user network; tests/api/guest listens there
PROXIER = "svcsyncd"                            # a service account of kube-system
KINDS = (("Service", "/api/v1/services"), ("EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
         ("Node", "/api/v1/nodes"))


def folder():
    """Where tests/api/guest keeps the control plane's files; None: this guest has none."""
    return pathlib.Path(os.environ["NF_SVC_API"]) if "NF_SVC_API" in os.environ else None


class ApiServer:
    """At 127.0.0.1:port of the node of net, by a relay; admin may do everything, by a way of its own.

    token is of a service account that has system:node-proxier and nothing else,
    as kube-proxy's has.
    """

    def __init__(self, net):
        host = net.node
        self.net, self.host, self.relay, self.away = net, host, None, True
        self.side = self._relay(host, 0)
        self.ca = pathlib.Path(folder(), "certs/apiserver.crt").read_bytes()
        tokens = json.loads((folder() / "plane.json").read_text())["tokens"]
        self.join()
        self.port = self.relay.port
        self.admin = Api(host, self.side.port, tokens["admin"])
        self.spaces = {"default"}
        self.token = self._account()

    def _account(self):
        accounts = "/api/v1/namespaces/kube-system/serviceaccounts"
        bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
        meta = {"metadata": {"name": PROXIER}}
        with contextlib.suppress(Refused):          # made by an earlier session of the same server
            self.admin.request("POST", "/api/v1/namespaces", objects.namespace("kube-system"))
        self.admin.request("POST", accounts, {"apiVersion": "v1", "kind": "ServiceAccount", **meta})
        self.admin.request("POST", bindings, {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", **meta,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": "system:node-proxier"},
            "subjects": [{"kind": "ServiceAccount", "name": PROXIER, "namespace": "kube-system"}]})
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                 "spec": {"audiences": [], "expirationSeconds": 3600}}
        return self.admin.request("POST", f"{accounts}/{PROXIER}/token", asked)["status"]["token"]

    def kubeconfig(self, where, token=None, port=None):
        """Write a kubeconfig that verifies the server; its path."""
        where.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "lab", "cluster": {
                "server": f"https://127.0.0.1:{port or self.port}",
                "certificate-authority-data": base64.b64encode(self.ca).decode()}}],
            "users": [{"name": "me", "user": {"token": token or self.token}}],
            "contexts": [{"name": "c", "context": {"cluster": "lab", "user": "me"}}]}))
        return where

    def put(self, *these):
        """Make objects, or change those that are there to what is said; namespaces come by themselves."""
        for obj in these:
            kind, space, name = key(obj)
            if space and space not in self.spaces:
                with contextlib.suppress(Refused):
                    self.admin.create(objects.namespace(space))
                self.spaces.add(space)
            try:
                there = self.admin.request("GET", path(kind, space, name))
            except Refused as e:
                if e.status != 404:
                    raise
                self.admin.create(obj)
                continue
            if kind == "Service":               # what was allocated stays
                obj = {**obj, "spec": {**{k: there["spec"][k] for k in ("clusterIP", "clusterIPs")
                                          if k in there["spec"]}, **obj["spec"]}}
            obj = {**obj, "metadata": {**obj["metadata"],
                                       "resourceVersion": there["metadata"]["resourceVersion"]}}
            self.admin.request("PUT", path(kind, space, name), obj)

    def delete(self, *these):
        for obj in these:
            self.admin.delete(obj)

    def empty(self):
        """No object of a test is left."""
        for kind, where in KINDS:
            for item in self.admin.request("GET", where)["items"]:
                if item["metadata"]["name"] != "kubernetes":
                    self.admin.delete({"kind": kind, **item})

    def order(self, *words):
        """Have tests/api/guest do something to the control plane; returns when it is done."""
        connection = http.client.HTTPConnection(OUTSIDE, ORDERS, timeout=170)
        connection.request("POST", "/" + "/".join(words))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, text

    def leave(self):
        """The server is away: connections end, new ones are refused."""
        self.away = True
        self.relay.close()
        self.relay.cut()

    def join(self):
        """It is there (again)."""
        self.away = False
        self.relay = self._relay(self.host, self.relay.port if self.relay else 0)

    @staticmethod
    def _relay(host, port):
        return Relay(host, API, up=(contextlib.nullcontext(), OUTSIDE), at=port)

    def close(self):
        self.admin.close()
        self.leave()
        self.side.close()
        self.side.cut()
