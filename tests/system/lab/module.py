# SPDX-License-Identifier: GPL-2.0
"""nf_svc.ko out and in."""
import contextlib
import os
import subprocess

from .tables import loaded

# Keeps NAT going while the module is out. The chain keeps nf_nat's hooks of both families, and its
# rule those of conntrack: a chain of type nat without a rule about connections does not.
KEEPER = """
    table inet keeper {
        chain keep {
            type nat hook prerouting priority 0;
            ct state invalid accept
        }
    }
"""


@contextlib.contextmanager
def gap():
    """The module is out inside of this, and in again, with empty tables, afterwards."""
    ko = os.environ.get("NF_SVC_KO")
    subprocess.run(["rmmod", "nf_svc"], check=True, timeout=60)
    try:
        assert not loaded()
        yield
    finally:
        subprocess.run(["insmod", ko] if ko else ["modprobe", "nf_svc"], check=True, timeout=60)
