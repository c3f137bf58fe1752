"""`grader = start(globals())`: checks the questions, shows how far you are, and writes the file to hand in."""

import inspect
import json
import zipfile
from datetime import datetime
from pathlib import Path

from xor_checks import LECTURE, look

NOTEBOOK = "xor_backprop.ipynb"


def start(functions):
    """The notebook's grader; `functions` is the notebook's namespace, `globals()`."""
    return Grader(functions)


class Grader:
    """What the notebook's `grader` does; it needs otter-grader only for the export, and does without it where it must."""

    def __init__(self, functions):
        self.functions = functions

    def check(self, question):
        """The public check of one question, value by value."""
        if question not in LECTURE:
            print(f"There is no question {question!r}: check one of {', '.join(LECTURE)}.")
            return None
        return look(question, self.functions)

    def check_all(self):
        """The public checks of all questions, a line each, and the picture of the chain."""
        from xor_progress import progress

        progress(self.functions)

    def export(self, nb_path=NOTEBOOK, **options):
        """Write the zip file to hand in: with otter-grader, or without it in a browser or on Google Colab."""
        notebook = Path(nb_path)
        if not notebook.is_file():
            print(
                f"{notebook} does not lie beside this notebook's Python (renamed, or on Google Colab?). Download the notebook "
                "(File > Download) and hand in the .ipynb file itself."
            )
            return
        try:
            cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        except (ValueError, KeyError, TypeError):
            print(f"{notebook} on disk is empty or damaged. Save the notebook, then run this cell again.")
            return
        for name in _unsaved(cells, self.functions):
            print(
                f"NOT SAVED YET: the file on disk does not hold your `{name}`. Save (Ctrl+S or ⌘S), then run this cell again."
            )
        options = {"pdf": False, "ignore_log": True, **options}  # otter-grader would make a PDF unasked, where it can
        try:
            import otter

            otter.Notebook(str(notebook)).export(**options)
        except Exception:  # not installed, or it does not work on this platform
            _export(notebook)
        print("Hand in the newest file named xor_backprop_….zip in this folder.")


def _export(notebook):
    """The same zip file that otter-grader writes: the notebook, and the archive's own name."""
    archive = notebook.with_name(f"{notebook.stem}_{datetime.now():%Y_%m_%dT%H_%M_%S_%f}.zip")
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(notebook, notebook.name)
        zipped.writestr("__zip_filename__", archive.name)


def _unsaved(cells, functions):
    """Names of functions whose source is not in the saved notebook."""
    saved = "\n\n".join("".join(cell["source"]) for cell in cells)
    missing = []
    for name, _ in LECTURE.values():
        try:
            source = inspect.getsource(functions[name]).strip()
        except (KeyError, OSError, TypeError):
            continue  # not defined, or defined where its source cannot be seen
        if source not in saved:
            missing.append(name)
    return missing
