"""Which walls stand on this machine, and the plan by which the student process raises them.

Enough is: Landlock and seccomp (files, network, programs, signals), and a world or a user id of its own
(other processes, how many there may be). Anything less is no wall, and grading refuses.
"""

from __future__ import annotations

import ctypes
import os
import platform
import secrets
import site
import stat
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import UserError
from autograder.student.syscalls import architecture, seccomp_filter

_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_HANDLED = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}  # file accesses by ABI version
FIRST_UID, LAST_UID = 200_000, 2_000_000_000


@dataclass(frozen=True)
class Limits:
    """What one submission may use; wall-clock seconds, bytes, counts."""

    cell_seconds: float = 10.0
    call_seconds: float = 2.0
    submission_seconds: float = 60.0
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30
    file_bytes: int = 8 << 20
    scratch_bytes: int = 32 << 20
    open_files: int = 64
    processes: int = 24


@dataclass(frozen=True)
class Walls:
    """What this machine offers.

    Parameters
    ----------
    landlock : ABI version, 0 where there is none
    seccomp : whether the filter exists for this architecture
    namespaces : whether the student process can have users, processes, network and mounts of its own
    uid : whether we may give it another user id (we are root)
    problems : what is missing, in words
    """

    landlock: int
    seccomp: bool
    namespaces: bool
    uid: bool
    problems: tuple[str, ...] = field(default_factory=tuple)

    @property
    def enough(self) -> bool:
        """Whether untrusted code may be run."""
        return self.landlock >= 1 and self.seccomp and (self.namespaces or self.uid)


def landlock_version() -> int:
    """The kernel's Landlock ABI version; 0 where Landlock is missing or switched off."""
    if platform.system() != "Linux":
        return 0
    version = ctypes.CDLL(None, use_errno=True).syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    return max(0, int(version))


def namespaces_possible() -> bool:
    """Whether a child of ours can enter its own namespaces (tried, not guessed)."""
    if platform.system() != "Linux":
        return False
    from autograder.student import beside

    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            beside.enter_namespaces(os.geteuid() == 0)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    return status == 0


def survey() -> Walls:
    """Look which walls can be raised here."""
    landlock, machine = landlock_version(), architecture()
    namespaces, uid = namespaces_possible(), hasattr(os, "geteuid") and os.geteuid() == 0
    problems = []
    if platform.system() != "Linux":
        problems.append(f"{platform.system()} has no Landlock, seccomp or namespaces")
    elif not landlock:
        problems.append("the kernel offers no Landlock (Linux 5.13 or newer, `landlock` among its security modules)")
    if platform.system() == "Linux" and machine is None:
        problems.append(f"no system call filter for {platform.machine()}")
    if platform.system() == "Linux" and not namespaces and not uid:
        problems.append("no user namespaces for this user, and not root, who could change the user id")
    return Walls(landlock, machine is not None and platform.system() == "Linux", namespaces, uid, tuple(problems))


def require(walls: Walls) -> None:
    """Raise `UserError` with what is missing and what to do, unless the walls are enough."""
    if not walls.enough:
        raise UserError(
            f"untrusted code cannot be walled in on this machine: {'; '.join(walls.problems)}. "
            "Use `otter grade`, which grades in containers, or another machine; "
            "`--unsafe-in-process` grades without walls what you trust"
        )


def readable_paths() -> list[str]:
    """What student code may read: Python's standard library without its site-packages, NumPy, and system libraries."""
    found: list[Path] = []
    for name in ("stdlib", "platstdlib"):
        folder = Path(sysconfig.get_path(name))
        found += [path for path in sorted(folder.iterdir()) if path.name not in {"site-packages", "dist-packages"}]
    package = Path(np.__file__).parent
    found += [package, *package.parent.glob("numpy.libs")]
    found += [Path(name) for name in ("/usr/share/zoneinfo", "/dev/null", "/dev/urandom")]
    for libraries in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", f"{sys.base_prefix}/lib"):
        found += [path for pattern in ("*.so*", "*-linux-gnu/*.so*") for path in Path(libraries).glob(pattern)]
    private = [Path(path) for path in [*site.getsitepackages(), site.getusersitepackages()]]
    return sorted({str(path) for path in found if path.exists() and path not in private})


def _free_uid() -> int:
    """A user that nobody is. By chance, since the kernel counts processes by user over all containers."""
    mapped = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = max((inside + count - 1 for inside, _, count in mapped), default=LAST_UID)  # few ids in some containers
    first, last = (FIRST_UID, min(last, LAST_UID)) if last > FIRST_UID else (last // 2, last)
    return first + secrets.randbelow(last - first + 1)


def closed_folders(needed: Sequence[Path]) -> dict[str, list[str]]:
    """Folders that another user cannot enter, such as root's home, and what is `needed` below each."""
    found: dict[str, list[Path]] = {}
    for path in sorted({path.resolve() for path in needed if path.exists()}):
        for folder in reversed(path.parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                kept = found.setdefault(str(folder), [])
                if not any(path.is_relative_to(other) for other in kept):
                    kept.append(path)
                break
    return {folder: [str(path) for path in kept] for folder, kept in found.items()}


def plan(walls: Walls, limits: Limits, scratch: str, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What the student process must do, as data.

    `without` takes single walls away ("landlock", "seccomp", "namespaces", "uid", "rlimits"): for the tests that show
    that each one matters.
    """
    machine = architecture()
    namespaces = walls.namespaces and "namespaces" not in without
    uid = _free_uid() if walls.uid and "uid" not in without else 0
    numpy = Path(np.__file__).parent
    needed = [Path(sys.base_prefix), numpy, *numpy.parent.glob("numpy.libs"), *([Path(scratch)] if scratch else [])]
    rlimits = {
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    return {
        "namespaces": namespaces,
        "mount": bool(scratch) and namespaces,
        "scratch": scratch if namespaces else "",
        "scratch_bytes": limits.scratch_bytes,
        "landlock": walls.landlock if "landlock" not in without else 0,
        "handled": _LANDLOCK_HANDLED[min(walls.landlock, 5)] if walls.landlock else 0,
        "readable": readable_paths(),
        "seccomp": seccomp_filter(machine).hex() if machine and "seccomp" not in without else "",
        "uid": uid,
        "closed": closed_folders(needed) if uid and namespaces else {},
        "rlimits": rlimits if "rlimits" not in without else {},
    }
