# SPDX-License-Identifier: GPL-2.0
"""nf_svc, by svcctl."""
import json

from . import engine


class NfSvc(engine.Engine):
    """The module in the namespace of host."""

    name = "nf_svc"

    def __init__(self, host):
        self.host = host

    def load(self, objects, settings):
        pods = {"ClusterCIDR": (",".join(engine.POD_CIDRS), "none"),
                "InterfaceNamePrefix": ("none", engine.POD_DEVICE_PREFIX + "*"),
                "none": ("none", "none")}[settings.detect]
        self.host.run("svcctl", "set", "settings", "pod-cidr", pods[0], "pod-device", pods[1])
        self.host.run("svcctl", "apply", "--quiet", "--prune", "--node", engine.NODE,
                      "--service-cidr", ",".join(engine.SERVICE_CIDRS),
                      "--external-ip-cidrs", ",".join(engine.EXTERNAL_CIDRS),
                      "--nodeport-addresses", ",".join(settings.node_ports), "-f", "-",
                      input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def close(self):
        self.host.run("svcctl", "flush", "--yes")
        self.host.run("svcctl", "set", "settings", "pod-cidr", "none", "pod-device", "none")
