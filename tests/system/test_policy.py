# SPDX-License-Identifier: GPL-2.0
"""What the kernel tells of the family's policies: TX-08. A WARN of it fails the run."""
import struct

import pytest

from lab import abi, genl

CTRL_CMD_GETPOLICY, CTRL_ATTR_FAMILY_ID = 10, 1


@pytest.mark.smoke
@pytest.mark.row("TX-08")
def test_policies_can_be_asked_for(lab, tables):
    """TX-08: anybody may dump the policies, of every command."""
    with genl.Family("nlctrl") as control:
        messages = [m for some in control.dump_rounds(
            CTRL_CMD_GETPOLICY, [(CTRL_ATTR_FAMILY_ID, struct.pack("=H", tables.id))]) for m in some]
    # One line for each command, one at least for each attribute of each policy.
    assert len(messages) > abi.CMD_HISTORY_GET


@pytest.mark.row("TX-08")
@pytest.mark.parametrize("kind", ["PORT", "SOURCE_PORT", "PROTOCOL", "FAMILY", "ADDRESS", "DEVICE"])
@pytest.mark.parametrize("length", [0, 1, 3, 17, 20])
def test_wrong_length_is_refused_with_the_policy(lab, tables, kind, length):
    """TX-08: an attribute of a wrong length is refused by name; the extended ack may quote the policy."""
    with pytest.raises(genl.Refused) as e:
        tables.call(abi.CMD_EXPLAIN, [(getattr(abi, f"A_{kind}"), b"\x01" * length)])
    assert e.value.errno in (22, 34) and e.value.attribute[0] == getattr(abi, f"A_{kind}")
