"""Canvas, with canvasapi: an assignment of a course.

canvasapi's requests, pages and uploads are used, not its objects: those try to read every text of every answer as a
date, which takes longer than the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from canvasapi.paginated_list import PaginatedList
from canvasapi.upload import Uploader
from canvasapi.util import combine_kwargs

from autograder.scores.answers import AtWork, Busy, LmsError, Refused, Unsure, one_line
from autograder.scores.credentials import secret
from autograder.scores.decimals import of_json, shown
from autograder.scores.lms.canvas_requests import CanvasRequester, Missing
from autograder.scores.pace import Pace
from autograder.scores.people import Person
from autograder.scores.settings import CanvasSettings
from autograder.scores.target import Column, Criterion, Filling, Standing, Write

VARIABLE = "AUTOGRADER_CANVAS_TOKEN"
MOST_IN_ONE = 50  # rows in a bulk update
PROGRESS_TRIES = 12
NOT_HANDED_IN = {"none", "on_paper", "not_graded", ""}
POST_GRADES = "mutation($id: ID!) { postAssignmentGrades(input: {assignmentId: $id}) { errors { message } } }"


class CanvasTarget:
    """See `autograder.scores.target.Target`."""

    def __init__(self, settings: CanvasSettings, pace: Pace) -> None:
        self._ids, self._pace = settings, pace
        self._requester = CanvasRequester(settings.url, secret(VARIABLE, settings.host), pace.sleep)
        self._course = f"courses/{settings.course}"
        self._assignment = f"{self._course}/assignments/{settings.assignment}"

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return int(self._requester.count)

    def column(self) -> Column:
        """The assignment."""
        try:
            data = self._ask("GET", self._assignment)
        except Missing:
            where = f"no assignment {self._ids.assignment} in course {self._ids.course}"
            raise Refused(f"Canvas has {where} that the token may see (404); are both numbers right?") from None
        title = f"Canvas, {data.get('name')}"
        if data.get("anonymize_students"):
            raise Refused(f"{title}: graded anonymously, so Canvas does not say whose grade is whose")
        if data.get("group_category_id") and not data.get("grade_group_students_individually"):
            raise Refused(f"{title}: one grade for a whole group; tick 'assign grades to each student individually'")
        if data.get("grading_type") in {"pass_fail", "not_graded"}:
            raise Refused(f"{title}: takes no points ({data.get('grading_type')})")
        return Column(
            title=title,
            maximum=of_json(data.get("points_possible")) or Decimal(0),
            visibility="when released" if data.get("post_manually") else "at once",
            hands_in=not set(data.get("submission_types") or []) <= NOT_HANDED_IN,
            file_bytes=None,
            rubric=tuple(_criterion(line) for line in data.get("rubric") or []),
            most=MOST_IN_ONE,
            read_only=_read_only(data),
        )

    def people(self) -> list[Person]:
        """The course's students."""
        states = ["active", "invited", "inactive", "completed"]
        include = ["email", "enrollments"]
        try:
            users = self._pages("users", enrollment_type=["student"], enrollment_state=states, include=include)
        except Missing:
            course = f"no course {self._ids.course}"
            raise Refused(f"Canvas has {course} that the token may see (404); is the number right?") from None
        return [person for user in users if (person := _person(user))]

    def read_all(self) -> dict[str, Standing]:
        """Everybody's submission."""
        return self._submissions(["all"])

    def read(self, users: Sequence[str]) -> dict[str, Standing]:
        """These students' submissions, in one request; Canvas refuses all where one is not in the course."""
        try:
            return self._submissions(users) if users else {}
        except Refused:
            if len(users) == 1:  # no to this student, or to everything?
                return {user: standing for user, standing in self.read_all().items() if user in users}
            return {user: standing for one in users for user, standing in self.read([one]).items()}

    def _submissions(self, users: Iterable[str]) -> dict[str, Standing]:
        chosen = {"student_ids": list(users), "assignment_ids": [self._ids.assignment]}
        found = self._pages("students/submissions", **chosen, include=["submission_comments"])
        return {str(submission["user_id"]): _standing(submission) for submission in found}

    def _ask(self, method: str, path: str, **parameters: Any) -> dict[str, Any]:
        answer = self._requester.request(method, path, _kwargs=combine_kwargs(**parameters)).json()
        if not isinstance(answer, dict):
            raise Unsure("Canvas answers with something else than was asked for")
        return answer

    def _pages(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        pages = PaginatedList(
            lambda _requester, row: row,
            self._requester,
            "GET",
            f"{self._course}/{path}",
            _kwargs=combine_kwargs(**parameters),
        )
        try:
            return list(pages)
        except (AttributeError, TypeError):  # no list came, or the next page lies on another server
            raise Unsure("Canvas answers with something else than a list, or its next page is elsewhere") from None

    def stamp(self, after: str) -> str:
        """Canvas keeps its own time."""
        return ""

    def write(self, rows: Sequence[Write]) -> str:
        """One row by PUT; several by a bulk update, which Canvas carries out later."""
        changes = [(row.user, self._change(row)) for row in rows]
        if len(changes) == 1:
            user, change = changes[0]
            self._ask("PUT", f"{self._assignment}/submissions/{user}", **change)
            return ""
        return self._in_bulk({user: {**c.get("submission", {}), **c.get("comment", {}),
                              **({"rubric_assessment": c["rubric_assessment"]} if "rubric_assessment" in c else {})}
                       for user, c in changes})  # fmt: skip

    def _in_bulk(self, data: dict[str, Any]) -> str:
        try:
            progress = self._ask("POST", f"{self._assignment}/submissions/update_grades", grade_data=data)
        except Unsure as lost:
            raise AtWork(str(lost)) from None
        if "id" not in progress:
            raise AtWork("Canvas does not say how to follow the update")
        return str(progress["id"])

    def _change(self, row: Write) -> dict[str, Any]:
        change: dict[str, Any] = {}
        if row.score is not None:
            change["submission"] = {"posted_grade": shown(row.score)}
        if row.rubric:
            change["rubric_assessment"] = {f.criterion: _filled(f) for f in row.rubric}
        if row.comment:
            change["comment"] = {"text_comment": row.comment}
            if row.file is not None:
                change["comment"]["file_ids"] = [self._upload(row)]
        return change

    def _upload(self, row: Write) -> int:
        """The id of the uploaded feedback file; until a comment names it nobody sees it, so it may be sent again."""
        assert row.file is not None
        where = f"{self._assignment}/submissions/{row.user}/comments/files"
        try:
            _, answer = Uploader(self._requester, where, row.file, content_type="text/html").start()
        except Unsure as unsure:
            raise Busy(f"feedback file: {unsure}") from None
        except (ValueError, OSError) as error:
            raise Refused(one_line(f"feedback file: {error}")) from None
        if "id" not in answer:
            raise Refused(one_line(f"feedback file not taken: {answer}"))
        return int(answer["id"])

    def finish(self, job: str) -> None:
        """Follow a bulk update to its end."""
        follow = partial(self._ask, "GET", f"progress/{job}")
        wait = min(self._pace.first / 4, 0.5)
        for _ in range(PROGRESS_TRIES):
            self._pace.sleep(wait)
            wait = min(wait * 2, 10.0)
            try:
                progress = self._pace.patiently(follow, again_when_unsure=True)
            except LmsError as error:
                raise AtWork(f"Canvas does not say how its update ended: {error}") from None
            if progress.get("workflow_state") == "completed":
                return
            if progress.get("workflow_state") == "failed":
                raise Refused(one_line(f"Canvas's update failed: {progress.get('message')}"))
        raise AtWork("Canvas's update has not ended")

    def release(self) -> None:
        """Post the grades of an assignment with a manual posting policy (GraphQL only)."""
        body = {"query": POST_GRADES, "variables": {"id": str(self._ids.assignment)}}
        headers = {"Content-Type": "application/json"}
        answer = self._requester.request("POST", _url="graphql", headers=headers, _kwargs=[], json=body).json()
        posted = (answer.get("data") or {}).get("postAssignmentGrades") or {}
        errors = (answer.get("errors") or []) + (posted.get("errors") or [])
        if errors or not posted:
            raise Refused(one_line(f"grades are written, but not posted: {errors or answer}"))

    def close(self) -> None:
        """Close connections."""
        self._requester.close()


def _read_only(data: dict[str, Any]) -> str:
    if data.get("in_closed_grading_period"):
        return "locked: its grading period is closed"
    if data.get("published") is False:
        return "not published, so Canvas takes no grades"
    if data.get("moderated_grading") and not data.get("grades_published"):
        return "moderated grading: Canvas takes provisional grades only"
    return ""


def _criterion(data: dict[str, Any]) -> Criterion:
    """Canvas takes any points of a criterion, so its ratings need not fit."""
    return Criterion(str(data["id"]), str(data.get("description") or ""), Decimal(str(data.get("points") or 0)))


def _filled(filling: Filling) -> dict[str, str]:
    return {"points": shown(filling.points), **({"comments": filling.remark} if filling.remark else {})}


def _person(data: dict[str, Any]) -> Person | None:
    student = [e for e in data.get("enrollments") or [] if e.get("type") == "StudentEnrollment"]
    if not student:
        return None
    active = any(e.get("enrollment_state") in {"active", "invited"} for e in student)
    number, login, email, name = (str(data.get(k) or "") for k in ("sis_user_id", "login_id", "email", "name"))
    return Person(str(data["id"]), number, login, email, name, active=active)


def _standing(data: dict[str, Any]) -> Standing:
    entered = data.get("entered_score", data.get("score"))  # before deductions for lateness
    excused = data.get("excused") is True
    graded = entered is not None
    return Standing(
        score=of_json(entered),
        comments=tuple(str(c.get("comment") or "") for c in data.get("submission_comments") or []),
        submitted=data.get("submitted_at") is not None,
        attempt=str(data.get("attempt") or ""),
        obstacle="excused" if excused else "",
        hidden=graded and "posted_at" in data and data["posted_at"] is None,
    )
