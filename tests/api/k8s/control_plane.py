# SPDX-License-Identifier: GPL-2.0
"""A real control plane, etcd and kube-apiserver, on the loopback of a namespace.

Nobody else of Kubernetes runs: no controller makes EndpointSlices or gives
load-balancer addresses, so objects are just what a test wrote.
"""
import json
import pathlib
import secrets
import shutil
import subprocess

from lab.family import FAMILIES

from .leftovers import new_folder
from .program import Program
from .rest import Api

ETCD, ETCD_PEERS, API = 2379, 2380, 6443        # ports, all on 127.0.0.1


class Authority:
    """Signs certificates of clients; its own, self-signed, is in the file certificate."""

    def __init__(self, folder, name):
        self.folder, self.key, self.certificate = folder, folder / f"{name}.key", folder / f"{name}.crt"

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def sign(self, user):
        """A certificate and its key, in PEM, for a user of the API."""
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        if not self.certificate.exists():
            self._openssl(*new, "-subj", "/CN=authority", "-keyout", self.key, "-out", self.certificate)
        key, request, certificate = (self.folder / f"client.{end}" for end in ("key", "csr", "crt"))
        self._openssl("req", *new[2:-2], "-subj", f"/CN={user}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                      "-CAcreateserial", "-days", "2", "-out", certificate)
        return certificate.read_text(), key.read_text()


class ControlPlane:
    """Runs from construction to stop(); state lives in a folder that goes with it.

    admin is an Api that may do everything. The service CIDRs are the lab's: of
    them the API server takes the first address of IPv4 for its own Service,
    which is hidden from proxies.
    """

    def __init__(self, ns):
        self.ns, self.folder, self.programs = ns, new_folder(), []
        self.tokens = {"admin": secrets.token_hex(16), "system:kube-proxy": secrets.token_hex(16)}
        self.client_ca = Authority(self.folder, "clients")
        self.admin = Api(ns, API, self.tokens["admin"])
        try:
            self.start_etcd()
            self.start_api_server()
        except BaseException:
            self.stop()
            raise

    def _start(self, name, *arguments):
        program = Program(self.ns, self.folder / f"{name}.log", name, *arguments)
        self.programs.append(program)
        return program

    def start_etcd(self):
        """Start etcd, with what its folder holds; again after stop_program("etcd")."""
        clients, peers = (f"http://127.0.0.1:{port}" for port in (ETCD, ETCD_PEERS))
        self._start("etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync", "--log-level=warn",
                    f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
                    f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
                    f"--initial-cluster=default={peers}")

    def start_api_server(self):
        """Start kube-apiserver and wait until it is ready; again after stop_program()."""
        users = self.folder / "users.csv"
        users.touch(0o600)
        users.write_text(f'{self.tokens["admin"]},admin,1,"system:masters"\n'
                         f'{self.tokens["system:kube-proxy"]},system:kube-proxy,2\n')
        signer = self.folder / "signer.pem"
        if not signer.exists():
            subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout",
                            "-out", signer], check=True, capture_output=True)
        self.client_ca.sign("admin")            # makes the authority, if there is none yet
        server = self._start(
            "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{ETCD}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={API}",
            f"--cert-dir={self.folder}/certs", "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=" + ",".join(str(f.services) for f in FAMILIES),
            "--authorization-mode=RBAC", f"--token-auth-file={users}",
            f"--client-ca-file={self.client_ca.certificate}", f"--service-account-key-file={signer}", f"--service-account-signing-key-file={signer}",
            "--service-account-issuer=https://kubernetes.default.svc")
        server.wait_for(self.admin.ready, "the API server is ready", 120)
        # Made after the server is ready, and made again if it is deleted: so it is only hidden.
        server.wait_for(self._hide_own_service, "the API server's own Service", 30)

    def _hide_own_service(self):
        own = "/api/v1/namespaces/default/services"
        if not self.admin.request("GET", f"{own}?fieldSelector=metadata.name=kubernetes")["items"]:
            return False
        label = {"metadata": {"labels": {"service.kubernetes.io/service-proxy-name": "none"}}}
        return self.admin.request("PATCH", f"{own}/kubernetes", label)

    def kubeconfig(self, user):
        """Write a kubeconfig for a user that has a token; its path."""
        where = pathlib.Path(self.folder, f"{user.replace(':', '-')}.kubeconfig")
        where.touch(0o600)
        where.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": f"https://127.0.0.1:{API}",
                                                     "insecure-skip-tls-verify": True}}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": user}}]}))
        return where

    def stop_program(self, name):
        """End one of the programs; its folder stays."""
        program = next(p for p in self.programs if p.name == name)
        program.stop()
        self.programs.remove(program)

    def stop(self):
        """End both programs and remove what they wrote."""
        self.admin.close()
        for program in reversed(self.programs):
            program.stop()
        self.programs = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
