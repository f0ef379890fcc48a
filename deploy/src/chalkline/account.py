"""Whose account PostgreSQL runs under.

A PostgreSQL server refuses to run as root, rightly. An ordinary caller runs it as itself; root gives
it a system account that owns nothing else.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "chalkline-postgres"


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Gives it the path and everything below."""
        os.lchown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.lchown(os.path.join(folder, name), self.uid, self.gid)  # noqa: PTH118 - thousands of files


def server_account() -> Account | None:
    """The account to run a PostgreSQL server under; None means the caller's own."""
    if os.geteuid() != 0:
        return None
    found = _named(NAME)
    for tool, *options in (
        ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME),
        ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME),  # busybox
    ):
        if found is None and (path := shutil.which(tool)):
            subprocess.run([path, *options], check=False, capture_output=True)
            found = _named(NAME)
    # Where no account can be made (a read-only /etc), the one that owns nothing by definition.
    return found or _named("nobody") or Account("nobody", 65534, 65534)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None
