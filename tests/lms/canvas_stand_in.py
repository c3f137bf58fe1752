"""A stand-in for Canvas, which cannot be installed here: answers like the recordings of a real one
(tests/data/canvas_exchanges.jsonl) and fails in the ways that its documentation and source describe."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from loopback import Answer, Loopback, Request

RECORDINGS = Path(__file__).parent.parent / "data" / "canvas_exchanges.jsonl"
TOKEN = "7~canvas-token-that-nobody-may-see"
COURSE, ASSIGNMENT = 130000000, 130000100


def recordings() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDINGS.read_text(encoding="utf-8").splitlines()]


def recorded(path: str, **parameters: Any) -> Any:
    """The body of one recorded answer."""
    for exchange in recordings():
        known = exchange["parameters"]
        if exchange["path"] == path and all(known.get(name) == value for name, value in parameters.items()):
            return exchange["body"]
    raise LookupError(path)


class CanvasStandIn(Loopback):
    """State: `assignment`, `users`, `submissions` (by user id), all in Canvas's own words."""

    def __init__(self, delay: float = 0.0, page: int = 100) -> None:
        super().__init__(delay)
        home = f"/api/v1/courses/{COURSE}"
        self.assignment = copy.deepcopy(recorded(f"{home}/assignments")[0])
        self.users = copy.deepcopy(recorded(f"{home}/users"))
        listed = recorded(f"{home}/assignments/{ASSIGNMENT}/submissions")
        self.submissions: dict[int, dict[str, Any]] = {s["user_id"]: copy.deepcopy(s) for s in listed}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.rubrics: dict[int, dict[str, Any]] = {}
        self.files: dict[int, tuple[str, bytes]] = {}
        self.pending_files: list[str] = []
        self.progress: dict[int, dict[str, Any]] = {}
        self.slow = 0  # how often a bulk update is asked for before it is carried out
        self.queued: dict[int, tuple[int, dict[str, dict[str, list[str]]]]] = {}
        self.posted = False
        self.token = TOKEN
        self.page = page
        self.most_file_bytes = 1_000_000

    def add_class(self, count: int, first: int = 200001) -> None:
        """Replace the class by `count` students without a grade who handed in once."""
        user, submission = self._student(), next(iter(self.submissions.values()))
        self.users, self.submissions = [], {}
        self.assignment["submission_types"] = ["online_upload"]
        for number in range(first, first + count):
            key = f"{number - first:07d}"
            enrolment = {**user["enrollments"][0], "user_id": number}
            self.users.append({**user, "id": number, "name": f"Student {key}", "sortable_name": f"{key}, Student",
                               "email": f"s{key}@example.edu", "login_id": f"s{key}", "sis_user_id": key,
                               "enrollments": [enrolment]})  # fmt: skip
            self.submissions[number] = {**submission, "user_id": number, "id": number * 10, "attempt": 1,
                                        "entered_score": None, "score": None, "grade": None, "entered_grade": None,
                                        "submitted_at": "2026-01-05T10:00:00Z", "workflow_state": "submitted",
                                        "graded_at": None, "posted_at": None, "excused": None}  # fmt: skip

    def _student(self) -> dict[str, Any]:
        return next(u for u in self.users if any(e["type"] == "StudentEnrollment" for e in u["enrollments"]))

    def score(self, user: int) -> float | None:
        return self.submissions[user]["entered_score"]

    # What it answers

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/upload/"):
            return self._uploaded(request)
        if request.token != self.token:
            body = {"errors": [{"message": "Invalid access token."}]}
            return Answer(401, body, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
        if request.path == "/api/graphql":
            return self._graphql(request)
        home = f"/api/v1/courses/{COURSE}"
        routes = [
            ("GET", f"{home}/assignments", lambda: Answer(200, [self.assignment])),
            ("GET", f"{home}/assignments/{ASSIGNMENT}", lambda: Answer(200, self.assignment)),
            ("GET", f"{home}/users", lambda: self._users(request)),
            ("GET", f"{home}/assignments/{ASSIGNMENT}/submissions", lambda: self._listed(request, None)),
            ("GET", f"{home}/students/submissions", lambda: self._chosen(request)),
            ("POST", f"{home}/assignments/{ASSIGNMENT}/submissions/update_grades", lambda: self._bulk(request)),
        ]
        for method, path, answer in routes:
            if (request.method, request.path) == (method, path):
                return answer()
        if one := re.fullmatch(rf"{home}/assignments/{ASSIGNMENT}/submissions/(\d+)(/comments/files)?", request.path):
            user = int(one[1])
            if user not in self.submissions:
                return Answer(404, {"errors": [{"message": "The specified resource does not exist."}]})
            return self._permit_upload(request) if one[2] else self._put(request, user)
        if progress := re.fullmatch(r"/api/v1/progress/(\d+)", request.path):
            return Answer(200, self._followed(int(progress[1])))
        return Answer(404, {"errors": [{"message": "The specified resource does not exist."}]})

    def _users(self, request: Request) -> Answer:
        users = self.users
        kinds, states = request.values("enrollment_type[]"), request.values("enrollment_state[]")
        if kinds:
            users = [u for u in users if any(e["type"] == "StudentEnrollment" for e in u["enrollments"])]
        if states:
            users = [u for u in users if any(e["enrollment_state"] in states for e in u["enrollments"])]
        return self._paged(request, users)

    def _paged(self, request: Request, rows: list[Any]) -> Answer:
        """Pages by an opaque Link header, as Canvas has them."""
        size = min(self.page, int(request.value("per_page", "10")))
        page = request.value("page", "first")
        start = 0 if page == "first" else int(bytes.fromhex(page.removeprefix("bookmark:")).decode())
        answer = Answer(200, rows[start : start + size])
        if start + size < len(rows):
            mark = "bookmark:" + str(start + size).encode().hex()
            kept = "&".join(f"{k}={v}" for k, v in request.query if k != "page")
            url = f"{self.url}{request.path}?{kept}&page={mark}".replace("[]", "%5B%5D")
            answer.headers["Link"] = f'<{url}>; rel="next",<{url}>; rel="current"'
        return answer

    def _shown(self, user: int, include: list[str]) -> dict[str, Any]:
        shown = dict(self.submissions[user])
        if "submission_comments" in include:
            shown["submission_comments"] = self.comments.get(user, [])
        return shown

    def _listed(self, request: Request, users: list[int] | None) -> Answer:
        include = request.values("include[]")
        chosen = list(self.submissions) if users is None else users
        return self._paged(request, [self._shown(user, include) for user in chosen if user in self.submissions])

    def _chosen(self, request: Request) -> Answer:
        asked = request.values("student_ids[]")
        if asked == ["all"]:
            return self._listed(request, None)
        users = [int(user) for user in asked]
        if any(user not in self.submissions for user in users):
            body = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
            return Answer(403, body)
        return self._listed(request, users)

    def _put(self, request: Request, user: int) -> Answer:
        grade = request.value("submission[posted_grade]")
        if grade:
            self._grade(user, grade)
        rubric = [(k, v) for k, v in request.form if k.startswith("rubric_assessment[")]
        if rubric and not self._fill(user, rubric):
            return Answer(400, {"errors": [{"message": "invalid rubric_assessment"}]})  # the grade is saved already
        if text := request.value("comment[text_comment]"):
            files = request.values("comment[file_ids][]")
            self._comment(user, text, [int(file) for file in files])
        return Answer(200, self._shown(user, ["submission_comments"]))

    def _grade(self, user: int, grade: str) -> None:
        score = float(grade)
        at = "2026-11-24T00:00:00Z"
        self.submissions[user].update(
            entered_score=score, score=score, grade=grade, entered_grade=grade, workflow_state="graded", graded_at=at,
            posted_at=None if self.assignment["post_manually"] and not self.posted else at, excused=False)  # fmt: skip

    def _fill(self, user: int, rubric: list[tuple[str, str]]) -> bool:
        known = {line["id"] for line in self.assignment.get("rubric") or []}
        filled: dict[str, dict[str, str]] = {}
        for key, value in rubric:
            criterion, name = re.fullmatch(r"rubric_assessment\[(.+?)\]\[(.+?)\]", key).groups()  # type: ignore[union-attr]
            filled.setdefault(criterion, {})[name] = value
        if not filled.keys() <= known:
            return False
        self.rubrics[user] = filled
        return True

    def _comment(self, user: int, text: str, files: list[int]) -> None:
        attached = [{"id": file, "filename": self.files[file][0]} for file in files]
        self.comments.setdefault(user, []).append({"id": 1, "comment": text, "attachments": attached})

    def _bulk(self, request: Request) -> Answer:
        rows: dict[str, dict[str, list[str]]] = {}
        for key, value in request.form:
            if found := re.fullmatch(r"grade_data\[(.+?)\]\[(\w+)\](\[.*)?", key):
                rows.setdefault(found[1], {}).setdefault(found[2], []).append(value)
        number = len(self.progress) + 1
        answer = {"completion": None, "context_id": COURSE, "context_type": "Course", "message": None,
                  "tag": "submissions_update", "user_id": None, "workflow_state": "queued"}  # fmt: skip
        self.progress[number] = {**answer, "id": number}
        self.queued[number] = (self.slow, rows)
        if not self.slow:
            self._carry_out(number)
        return Answer(200, {**answer, "id": number})

    def _followed(self, number: int) -> dict[str, Any]:
        if number in self.queued:
            left, rows = self.queued[number]
            self.queued[number] = (left - 1, rows)
            if left <= 1:
                self._carry_out(number)
        return self.progress[number]

    def _carry_out(self, number: int) -> None:
        _, rows = self.queued.pop(number)
        end = {**self.progress[number], "completion": 100.0, "workflow_state": "completed"}
        for user, change in rows.items():
            if int(user) not in self.submissions:
                words = f"Couldn't find User(s) with API ids '{user}'"
                end.update(completion=50.0, workflow_state="failed", message=words)
                break
            if change.get("posted_grade") != [""]:
                self._grade(int(user), change["posted_grade"][0])
            if "text_comment" in change:
                self._comment(int(user), change["text_comment"][0], [int(f) for f in change.get("file_ids", [])])
        self.progress[number] = end

    def _permit_upload(self, request: Request) -> Answer:
        if int(request.value("size") or 0) > self.most_file_bytes:
            return Answer(400, {"message": "file size exceeds quota", "errors": {"base": "file size exceeds quota"}})
        self.pending_files.append(request.value("name"))
        return Answer(200, {"upload_url": f"{self.url}/upload/{len(self.pending_files)}", "file_param": "file",
                            "upload_params": {"filename": request.value("name")}})  # fmt: skip

    def _uploaded(self, request: Request) -> Answer:
        if request.token:
            return Answer(400, {"message": "no token belongs here"})
        number = 9000 + len(self.files)
        self.files[number] = request.files["file"]
        return Answer(201, {"id": number, "url": f"{self.url}/files/{number}", "upload_status": "success"})

    def _graphql(self, request: Request) -> Answer:
        body = json.loads(request.body)
        if "postAssignmentGrades" not in body["query"] or body["variables"]["id"] != str(ASSIGNMENT):
            return Answer(200, {"errors": [{"message": "unknown mutation"}]})
        self.posted = True
        for submission in self.submissions.values():
            if submission["entered_score"] is not None:
                submission["posted_at"] = submission["graded_at"]
        return Answer(200, {"data": {"postAssignmentGrades": {"errors": None}}})


# Failures, in Canvas's words

THROTTLED_403 = Answer(403, "403 Forbidden (Rate Limit Exceeded)\n", {"X-Rate-Limit-Remaining": "13.7"})
THROTTLED_429 = Answer(429, "429 Too Many Requests (Rate Limit Exceeded)\n", {"Retry-After": "0"})
NOT_PERMITTED = Answer(
    403, {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
)


def is_write(request: Request) -> bool:
    return request.method == "PUT"
