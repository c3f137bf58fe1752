"""nbgrader: its own preprocessors grade with our engine, and leave other assignments to nbgrader.

`nbgrader_config.py` calls `configure(c)`; nothing else is needed.
"""

from autograder.platforms.nbgrader.config import configure

__all__ = ["configure"]
