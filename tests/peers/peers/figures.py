# SPDX-License-Identifier: GPL-2.0
"""What the tests measured, by the name of the test."""
import json
import pathlib


class Figures:
    """{test: {what: figure}} of one kernel."""

    def __init__(self, kernel):
        self.kernel, self.measured = kernel, {}

    def add(self, test, measured):
        """Keep and print them."""
        self.measured[test] = measured
        words = ", ".join(f"{what.replace('_', ' ')} {value}" for what, value in measured.items())
        print(f"\n{test}: {words}", flush=True)

    def write(self, out, where):
        folder = pathlib.Path(out, "figures")
        folder.mkdir(parents=True, exist_ok=True)
        text = ",\n".join(f" {json.dumps(t)}: {json.dumps(m)}" for t, m in sorted(self.measured.items()))
        (folder / f"peers-{where}.json").write_text(f'{{"kernel": "{self.kernel}", "measured": {{\n{text}\n}}}}\n')
