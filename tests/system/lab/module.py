# SPDX-License-Identifier: GPL-2.0
"""nf_svc.ko out and in."""
import contextlib
import os
import subprocess

from .tables import loaded

# Keeps established flows translated while the module is out (docs/architecture.md): chains of type
# nat keep nf_nat, a masquerade rule the kernel's notifiers of it, and rules about connections
# conntrack. Those rules are a guard, too: no flow to a virtual address begins untranslated.
GUARD = """
                ct state new ct status & dnat == 0 ip daddr 10.96.0.0/16 drop
                ct state new ct status & dnat == 0 ip6 daddr fd00:10:96::/112 drop
"""
KEEPER = f"""
    table inet nf_svc_keep {{
        chain nat {{ type nat hook prerouting priority dstnat; }}
        chain notifiers {{
            type nat hook postrouting priority srcnat;
            oifname "nf_svc_keep" masquerade
        }}
        chain prerouting {{ type filter hook prerouting priority dstnat + 1; {GUARD} }}
        chain output {{ type filter hook output priority -99; {GUARD} }}
    }}
"""


def unload():
    """Take the module out, if it is there."""
    if loaded():
        subprocess.run(["rmmod", "nf_svc"], check=True, timeout=60)


def load(*parameters):
    """Load it, with parameters ("userns=1")."""
    ko = os.environ.get("NF_SVC_KO")
    subprocess.run([*(["insmod", ko] if ko else ["modprobe", "nf_svc"]), *parameters],
                   check=True, timeout=60)


@contextlib.contextmanager
def gap(*parameters):
    """The module is out inside of this, and in again, with parameters and empty tables, afterwards."""
    unload()
    try:
        assert not loaded()
        yield
    finally:
        load(*parameters)
