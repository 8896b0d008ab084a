# SPDX-License-Identifier: GPL-2.0
"""The table of expected.txt, tried with real packets on any engine that serves Kubernetes objects."""
import pathlib
import sys

# lab: the namespaces, servers and families of the system tests
_system = str(pathlib.Path(__file__).resolve().parents[2] / "system")
if _system not in sys.path:
    sys.path.insert(0, _system)
