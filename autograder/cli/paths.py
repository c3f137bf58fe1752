"""What the command line takes for a file or folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from autograder.errors import UserError


class FilePath(click.Path):
    """A path; an empty one (an unset variable of a script?) is refused, as it would be the working directory."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See `click.Path`."""
        if value == "":
            raise UserError(f"{param.human_readable_name if param else 'path'}: the name is empty")
        return Path(os.fsdecode(super().convert(value, param, ctx)))


class SubmissionPath(FilePath):
    """A file or folder that is handed in; reading a pipe or a device would never end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See `click.Path`."""
        path = super().convert(value, param, ctx)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UserError(f"{path}: neither a file nor a folder")
        return path
