# SPDX-License-Identifier: GPL-2.0
"""The list of differences: how it is read, what it covers."""
import pytest

import differences

TABLE = """# Prose
| case | other | table |
|---|---|---|
| a | b | c |

| case | kube-proxy | nf_svc | why |
|---|---|---|---|
| from node or from hostnet; ipv6 | silent | `a*,d*` | better so |
"""
CASE = {"from hostnet", "ipv6", "tcp", "Local"}
OURS = frozenset({"a*", "d*"})


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "differences.md"
        path.write_text(text)
        return path
    return write


def test_a_line_covers_what_it_says(write):
    found, = differences.read(write(TABLE))
    assert (found.theirs, found.ours, found.why) == ({"silent"}, OURS, "better so")
    assert differences.of(CASE, OURS, [found]) is found
    assert not differences.of(CASE - {"ipv6"}, OURS, [found])
    assert not differences.of(CASE - {"from hostnet"} | {"from pod"}, OURS, [found])
    assert not differences.of(CASE, frozenset({"a*"}), [found])


@pytest.mark.parametrize("line", ["| tcp | a | a | same |", "| tcp | a | | no words |",
                                  "| tcp | a | b |"])
def test_a_wrong_line_is_refused(write, line):
    with pytest.raises(differences.Wrong):
        differences.read(write(f"{TABLE}{line}\n"))


def test_two_lines_about_one_case_are_refused(write):
    found = differences.read(write(TABLE + "| tcp | refused | a*,d* | again |\n"))
    with pytest.raises(differences.Wrong, match="same case"):
        differences.of(CASE, OURS, found)


def test_the_projects_own_list_is_sound():
    differences.read()


def test_a_line_of_one_mode_is_not_missed_in_the_other(write):
    both, one = differences.read(write(TABLE + "| tcp; iptables | a | a* | only there |\n"))
    assert [both.possible(m) for m in ("nftables", "iptables")] == [True, True]
    assert [one.possible(m) for m in ("nftables", "iptables")] == [False, True]
