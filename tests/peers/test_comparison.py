# SPDX-License-Identifier: GPL-2.0
"""docs/comparison.md names the tests that there are."""
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent


def test_every_test_is_named_and_is_there():
    text = (HERE.parent.parent / "docs/comparison.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", text))
    there = {name for file in HERE.glob("test_*.py") if file != pathlib.Path(__file__).resolve()
             for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}
    assert named == there
