"""Hands submissions to a Dask cluster: each worker grades behind its own walls and sends plain text back.

Needs the extra `[dask]` here, and this package in the same version on every worker.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course import load_settings
from autograder.errors import UserError
from autograder.grading.finish import finish
from autograder.grading.job import MAX_ATTEMPTS, Job
from autograder.grading.journal import Row
from autograder.grading.one import Outcome, outcome_of
from autograder.grading.students import Students, open_students
from autograder.grading.submissions import Found
from autograder.student.host import HostEnded
from autograder.version_digest import digest

CONNECT_SECONDS = 30
AHEAD = 4  # submissions that wait at each worker thread

_own = threading.local()


def on_cluster(waiting: deque[Found], job: Job) -> Iterator[Row]:
    """Rows as the cluster's workers finish them; what a lost worker had is graded by another one.

    Raises
    ------
    UserError : there is no scheduler or no worker, or a worker has another version or no walls
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UserError(
            "--scheduler needs Dask: install the extra with `pip install 'backprop-autograder[dask]'`"
        ) from None
    try:
        client = Client(job.scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UserError(f"no Dask scheduler answers at {job.scheduler}: {error}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UserError(f"the Dask scheduler at {job.scheduler} has no workers")
        version = digest(job.assignment)
        running = as_completed()
        handed_out: dict[Any, Found] = {}

        def hand_out() -> None:
            while waiting and len(handed_out) < AHEAD * max(1, sum(client.nthreads().values())):
                found = waiting.popleft()
                content = b"" if found.problem else found.path.read_bytes()
                future = client.submit(
                    grade_here, found.file, found.path.suffix, content, found.problem, job.assignment, version,
                    job.unsafe, pure=False,
                )  # fmt: skip
                handed_out[future] = found
                running.add(future)

        hand_out()
        for future in running:
            found = handed_out.pop(future)
            yield finish(_outcome(future, found), found, job)
            hand_out()


def _outcome(future: Any, found: Found) -> Outcome:
    if future.status == "error" and type(future.exception()).__name__ == "KilledWorker":
        return Outcome(found.file, "the cluster's workers ended again and again while grading this file")
    reply = json.loads(future.result())
    if "refused" in reply:
        raise UserError(reply["refused"])
    return Outcome.from_dict(reply)


def grade_here(
    file: str, suffix: str, content: bytes, problem: str, assignment: str, version: str, unsafe: bool
) -> str:
    """On a worker: grade one submission; its outcome, or why this worker cannot grade, as JSON text."""
    if digest(assignment) != version:
        return json.dumps({"refused": "a Dask worker has another version of this package or of the assignment"})
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        path = Path(scratch) / f"submission{suffix}"
        path.write_bytes(content)
        try:
            outcome = _again_if_lost(Found(file, path, problem), assignment, unsafe)
        except UserError as error:
            return json.dumps({"refused": f"a Dask worker cannot grade: {error}"})
    return json.dumps(outcome.to_dict())


def _again_if_lost(found: Found, assignment: str, unsafe: bool) -> Outcome:
    for _ in range(MAX_ATTEMPTS):
        try:
            return outcome_of(found, assignment, _students(assignment, unsafe))
        except HostEnded:
            _forget_students()
    return Outcome(found.file, "the processes of a cluster's worker ended twice while grading this file")


def _students(assignment: str, unsafe: bool) -> Students:
    """This thread's student processes, kept from submission to submission."""
    known: tuple[tuple[str, bool], Students] | None = getattr(_own, "students", None)
    if known is None or known[0] != (assignment, unsafe):
        if known is not None:
            _forget_students()
        known = _own.students = (assignment, unsafe), open_students(load_settings(assignment), unsafe=unsafe)
    return known[1]


def _forget_students() -> None:
    with contextlib.suppress(HostEnded, OSError):
        _own.students[1].shut_down()
    _own.students = None
