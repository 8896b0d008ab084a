# SPDX-License-Identifier: GPL-2.0
"""nf_svc.ko out and in."""
import os
import subprocess


def unload():
    subprocess.run(["rmmod", "nf_svc"], check=True, timeout=60)


def load():
    ko = os.environ.get("NF_SVC_KO")
    subprocess.run(["insmod", ko] if ko else ["modprobe", "nf_svc"], check=True, timeout=60)
