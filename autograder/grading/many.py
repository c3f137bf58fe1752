"""Grades many submissions: as many workers as cores, a journal of what is done, nothing lost when interrupted."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from autograder.course import load_assignment, load_settings
from autograder.errors import UserError
from autograder.grading import bounds
from autograder.grading.cluster import on_cluster
from autograder.grading.finish import finish, is_finished
from autograder.grading.job import MAX_ATTEMPTS, Job
from autograder.grading.journal import Journal, Row
from autograder.grading.one import Outcome, outcome_of
from autograder.grading.students import open_students
from autograder.grading.submissions import Found
from autograder.student.beside import die_with_parent
from autograder.student.host import HostEnded


def grade_many(submissions: list[Found], job: Job, journal: Journal, progress: Callable[[], None]) -> None:
    """Grade what the journal does not hold yet; a finished submission is in the journal before the next is given out.

    Raises
    ------
    UserError : untrusted code cannot be walled in here
    """
    load_assignment(job.assignment)  # a mistake in it is said before any worker starts
    waiting = deque(found for found in submissions if not is_finished(found, job, journal))
    for _ in range(len(submissions) - len(waiting)):
        progress()
    if job.scheduler:
        rows = on_cluster(waiting, job)
    elif job.count(len(waiting)) == 1 or len(waiting) <= 2:
        rows = _alone(waiting, job)
    else:
        rows = _together(waiting, job)
    for row in rows:
        journal.add(row)
        progress()


class Grader:
    """Grades one submission after the other, each within bounds of time.

    Raises
    ------
    UserError : untrusted code cannot be walled in here
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._settings = load_settings(job.assignment)
        self._students = open_students(self._settings, unsafe=job.unsafe)

    def grade(self, found: Found) -> Row:
        """Grade one submission and write its result; what a grades file needs of it.

        Raises
        ------
        HostEnded : the process that students are forked from is gone
        """
        seconds = self._settings.limits.submission_seconds + bounds.GRACE_SECONDS
        clock = bounds.Clock(seconds)
        try:
            with contextlib.nullcontext() if self._job.unsafe else clock:  # in this process students have that signal
                return finish(outcome_of(found, self._job.assignment, self._students), found, self._job)
        except (bounds.TookTooLong, HostEnded):
            if not clock.rang:
                raise
        self.renew()  # what the clock interrupted may have been half of a message to the host
        words = f"reading or grading it took too long: more than {seconds:g} seconds"
        return finish(Outcome(found.file, words), found, self._job)

    def renew(self) -> None:
        """Start the process anew that students are forked from."""
        self._students.shut_down()
        self._students = open_students(self._settings, unsafe=self._job.unsafe)

    def shut_down(self) -> None:
        """Give back what was taken from the machine."""
        self._students.shut_down()


def _alone(waiting: deque[Found], job: Job) -> Iterator[Row]:
    if not waiting:
        return
    grader = Grader(job)
    try:
        for found in waiting:
            yield _again_if_lost(grader, found, job)
    finally:
        grader.shut_down()


def _again_if_lost(grader: Grader, found: Found, job: Job) -> Row:
    for _ in range(MAX_ATTEMPTS):
        try:
            return grader.grade(found)
        except HostEnded:
            grader.renew()
    return _given_up(found, job)


@dataclass
class _Worker:
    process: BaseProcess
    channel: Connection
    number: int
    found: Found | None = None


def _together(waiting: deque[Found], job: Job) -> Iterator[Row]:
    """Rows as workers finish them. A worker that dies is replaced, and what it was grading is given out once more."""
    workers = [_start(job, number) for number in range(job.count(len(waiting)))]
    attempts: dict[str, int] = {}
    try:
        for worker in workers:
            _give(worker, waiting)
        while any(worker.found for worker in workers):
            for ready in wait([worker.channel for worker in workers if worker.found]):
                worker = next(w for w in workers if w.channel is ready)
                assert worker.found is not None
                try:
                    message = worker.channel.recv()
                except (EOFError, OSError):
                    lost = worker.found
                    attempts[lost.file] = attempts.get(lost.file, 0) + 1
                    worker.process.join()
                    workers[workers.index(worker)] = worker = _start(job, worker.number)
                    if attempts[lost.file] < MAX_ATTEMPTS:
                        waiting.appendleft(lost)
                    else:
                        yield _given_up(lost, job)
                    _give(worker, waiting)
                    continue
                if isinstance(message, str):
                    raise UserError(message)
                _give(worker, waiting)
                yield message
    finally:
        for worker in workers:
            worker.channel.close()
        for worker in workers:
            worker.process.join(10)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _given_up(found: Found, job: Job) -> Row:
    outcome = Outcome(found.file, "the grader's processes ended twice while grading this file")
    return finish(outcome, found, job)


def _start(job: Job, number: int) -> _Worker:
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    ours, theirs = context.Pipe()
    process: BaseProcess = context.Process(target=_work, args=(theirs, ours, job, number))
    process.start()
    theirs.close()
    return _Worker(process, ours, number)


def _stay_on_one_core(number: int) -> None:
    """Keep a worker and its student processes on one core: they take turns, and handing over is then cheap."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):  # not ours to decide, in some containers
            os.sched_setaffinity(0, {cores[number % len(cores)]})


def _give(worker: _Worker, waiting: deque[Found]) -> None:
    worker.found = waiting.popleft() if waiting else None
    if worker.found is not None:
        try:
            worker.channel.send(worker.found)
        except OSError:  # it died meanwhile; reading from it will say so
            return


def _work(channel: Connection, other_end: Connection, job: Job, number: int) -> None:
    """A worker: grades what it is given until nobody gives any more."""
    other_end.close()
    die_with_parent()
    _stay_on_one_core(number)
    bounds.limit_memory()
    try:
        grader = Grader(job)
    except UserError as error:
        channel.recv()
        channel.send(str(error))
        return
    gc.collect()
    gc.freeze()  # what is loaded now stays, and need not be looked through again and again
    try:
        while True:
            channel.send(grader.grade(channel.recv()))
    except (EOFError, ConnectionError, KeyboardInterrupt, HostEnded):  # what it had is given out again
        return
    finally:
        grader.shut_down()
