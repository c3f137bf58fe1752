"""One small file for each LMS. A new LMS is a new file that fulfils `autograder.scores.target.Target`."""

from __future__ import annotations

from autograder.errors import UserError
from autograder.scores.pace import Pace
from autograder.scores.settings import CanvasSettings, LtiSettings, MoodleSettings
from autograder.scores.target import Target

INSTALL = "uploading to an LMS needs more packages: pip install 'PATH_TO_THIS_REPOSITORY[lms]'"


def open_target(settings: CanvasSettings | MoodleSettings | LtiSettings, pace: Pace | None = None) -> Target:
    """The target that `settings` describe.

    Raises
    ------
    UserError : packages or the secret are missing
    """
    pace = pace or Pace()
    try:
        if isinstance(settings, CanvasSettings):
            from autograder.scores.lms.canvas import CanvasTarget

            return CanvasTarget(settings, pace)
        if isinstance(settings, MoodleSettings):
            from autograder.scores.lms.moodle import MoodleTarget

            return MoodleTarget(settings, pace)
        from autograder.scores.lms.lti import LtiTarget

        return LtiTarget(settings, pace)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"canvasapi", "httpx", "jwt", "cryptography", "requests"}:
            raise UserError(INSTALL) from None
        raise
