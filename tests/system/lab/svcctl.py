# SPDX-License-Identifier: GPL-2.0
"""svcctl, run in a namespace."""
import json

from . import schema

OK, USAGE, REFUSED, NOT_LOADED, NOT_FOUND, NOT_PERMITTED, DIFFERENT = range(7)


class Svcctl:
    """svcctl as an administrator of host runs it."""

    def __init__(self, host, timeout=120):
        self.host, self.timeout = host, timeout         # seconds a command may take

    def __call__(self, *words, input=None, expect=OK):
        """Run it and see that its exit code is the expected one; the CompletedProcess.

        A single string is split at blanks. JSON that it prints has to obey its schema.
        """
        argv = words[0].split() if len(words) == 1 and isinstance(words[0], str) else words
        done = self.host.run("svcctl", *argv, input=input, check=False, timeout=self.timeout)
        assert done.returncode == expect, (
            f"svcctl {' '.join(map(str, argv))}: exit {done.returncode}, not {expect}\n"
            f"{done.stdout}{done.stderr}")
        schema.check_output(argv, done.stdout)
        return done

    def json(self, *words, **more):
        argv = words[0].split() if len(words) == 1 else words
        return json.loads(self("-j", *argv, **more).stdout)
