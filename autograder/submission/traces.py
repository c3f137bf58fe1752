"""Can a call of a student's functions leave anything behind that a later call sees? Told from the source alone.

Most notebooks hold plain functions of their arguments; for them being asked after other questions is as good as being
asked alone. In doubt the answer is that something may be left. Who hides it from us only spoils their own answers.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from autograder.submission.compiled import compiled, once_a_class

_CHANGES = {"STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR", "IMPORT_NAME"}
_CHANGING = {code for name, code in dis.opmap.items() if name in _CHANGES}
_GLOBAL = {dis.opmap["STORE_GLOBAL"], dis.opmap["DELETE_GLOBAL"]}
# Anywhere: what can bind a name without being seen here.
_BINDS_UNSEEN = {"globals", "exec", "setattr", "delattr", "vars", "__dict__", "__builtins__"}
# In a function that is called: state of NumPy, files, and what reaches names that are not written down.
_KEEPS = _BINDS_UNSEEN | {"random", "seterr", "seterrcall", "set_printoptions"}
_KEEPS |= {"open", "save", "savez", "savetxt", "tofile", "load", "loadtxt", "fromfile", "memmap", "input", "breakpoint"}
_KEEPS |= {"eval", "getattr", "locals", "__import__", "__globals__", "__code__", "__defaults__", "__class__"}
# Of NumPy: what is no function of its arguments.
_KEEPS |= {"typecodes", "sctypeDict", "__all__", "ctypeslib", "lib", "core", "_core", "testing", "f2py", "rec", "char"}
_MODULES = {"numpy", "math", "copy", "typing", "itertools", "functools", "operator"}


def leaves_nothing(cells: Sequence[str], functions: Iterable[str]) -> bool:
    """Whether calls of `functions` depend on nothing but their arguments, and change nothing else."""
    try:
        looked_at = [once_a_class(_cell, cell) for cell in cells]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    imported = {name for cell in looked_at for name in cell.imported}
    if any(cell.binds_unseen or not cell.handed_to <= imported for cell in looked_at):
        return False
    return _are_plain(looked_at, functions)


def _are_plain(cells: Sequence[_Cell], functions: Iterable[str]) -> bool:
    """Whether all that is reached from `functions` is plain functions, fixed values and modules without state."""
    waiting = list(functions)
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        for cell in cells:
            if name in cell.other:
                return False
            for names in cell.functions.get(name, ()):
                if names is None:
                    return False
                waiting += names - seen
                seen |= names
    return True


@dataclass(frozen=True)
class _Cell:
    """What a cell binds the names at its top to.

    Parameters
    ----------
    functions : for each plain function the names in it, None where it may change or keep something
    other : bound to what may be changed
    imported : imported from a module
    handed_to : functions that are handed a namespace, as in `start(globals())`
    binds_unseen : whether more may be bound than can be seen here
    """

    functions: dict[str, list[frozenset[str] | None]]
    other: frozenset[str]
    imported: frozenset[str]
    handed_to: frozenset[str]
    binds_unseen: bool


def _cell(source: str) -> _Cell:
    tree, top = compiled(source)
    functions: dict[str, list[frozenset[str] | None]] = {}
    other: set[str] = set()
    handed_to: set[str] = set()
    inner = [code for code in _with_inner(top) if code is not top]
    unseen = any(_GLOBAL & set(code.co_code[::2]) or _BINDS_UNSEEN.intersection(code.co_names) for code in inner)
    for statement in tree.body:
        plain = _plain_functions(statement)
        for name, code_name in plain.items():
            functions.setdefault(name, []).extend(map(_names_in, _codes(top, code_name)))
        if not plain and not _is_harmless(statement):
            other.update(_stored(statement))
        if _BINDS_UNSEEN.intersection(top.co_names) and _reaches_for_names(statement):
            receiver = _handed_to(statement)
            handed_to.update(filter(None, [receiver]))
            unseen = unseen or receiver is None
    imports = [statement for statement in tree.body if isinstance(statement, ast.ImportFrom)]
    imported = frozenset(alias.asname or alias.name for statement in imports for alias in statement.names)
    return _Cell(functions, frozenset(other), imported, frozenset(handed_to), unseen)


def _plain_functions(statement: ast.stmt) -> dict[str, str]:
    """Names that a statement binds to functions of their arguments, and what these are called in the compiled cell."""
    if isinstance(statement, ast.FunctionDef) and not statement.decorator_list and _is_plain(statement.args):
        return {statement.name: statement.name}
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Lambda)
        and _is_plain(statement.value.args)
    ):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        return dict.fromkeys(names, "<lambda>") if len(names) == len(statement.targets) else {}
    return {}


def _is_harmless(statement: ast.stmt) -> bool:
    """Whether it binds names to fixed values, or to modules that keep nothing."""
    if isinstance(statement, ast.Assign):
        return _is_constant(statement.value) and all(isinstance(target, ast.Name) for target in statement.targets)
    if isinstance(statement, ast.Import):
        return all(_is_stateless(alias.name) for alias in statement.names)
    return isinstance(statement, ast.ImportFrom) and all(
        _is_stateless(f"{statement.module or ''}.{alias.name}") for alias in statement.names
    )


def _is_stateless(module: str) -> bool:
    first, *inner = module.split(".")
    return first in _MODULES and not _KEEPS.intersection(inner)


def _reaches_for_names(statement: ast.stmt) -> bool:
    words = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(statement)}
    return bool(words & _BINDS_UNSEEN)


def _handed_to(statement: ast.stmt) -> str | None:
    """The function, where a namespace is only handed to one."""
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name) or value.keywords:
        return None
    only_calls = all(isinstance(argument, ast.Call) and not argument.args for argument in value.args)
    return value.func.id if only_calls else None


def _codes(top: CodeType, name: str) -> Iterator[CodeType]:
    return (part for part in top.co_consts if isinstance(part, CodeType) and part.co_name == name)


def _names_in(function: CodeType) -> frozenset[str] | None:
    found: set[str] = set()
    for code in _with_inner(function):
        if _CHANGING & set(code.co_code[::2]) or _KEEPS.intersection(code.co_names):
            return None
        found.update(code.co_names)
    return frozenset(found)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _with_inner(part)


def _is_constant(value: ast.expr | None) -> bool:
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    return value is None or isinstance(value, ast.Constant)


def _is_plain(arguments: ast.arguments) -> bool:
    """Whether no default value can be changed."""
    return all(map(_is_constant, [*arguments.defaults, *arguments.kw_defaults]))


def _stored(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            yield from (part.id for part in ast.walk(node.value) if isinstance(part, ast.Name))
