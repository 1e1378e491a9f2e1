"""`python -m focusjobs.dev.reference`: writes docs/settings.md from the code that reads the variables (`make docs`).

The meaning of a variable is the comment in front of the call that reads it, in lines that begin with `#:`; its default
is that of production, the one that holds without `DEBUG=1`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs/settings.md"
SOURCES = ("focusjobs/settings.py", "focusjobs/webserver.py")
READER = re.compile(r"env\.\w+|os\.environ\.get")
SECTION = re.compile(r"^# --- (.+?) -+$")
UNITS = ("_DAYS", "_MINUTES", "_SECONDS")
HEAD = """# Settings

All are environment variables, read by `focusjobs/settings.py`; those of the web server by `focusjobs/webserver.py`. A
variable that is missing or malformed stops the process with its name. Each of the former can be given as a file:
`SECRET_KEY_FILE=/run/secrets/key`. How they belong together is in [operations](operations.md).

`make docs` makes this page from the code: change it there.
"""


class UndocumentedError(Exception):
    """A variable is read without a word on what it means."""


@dataclass(frozen=True)
class Setting:
    """A variable as the code reads it; `default` is None where it is required."""

    name: str
    section: str
    meaning: str
    default: str | None

    @property
    def row(self) -> str:
        """The line of the table."""
        return f"| `{self.name}` | {self.meaning} | {self.default or 'required'} |"


def main() -> int:
    """Write the page, and return the exit code."""
    TARGET.write_text(page())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} is up to date.\n")
    return 0


def page() -> str:
    """Give the page. Raises `UndocumentedError`."""
    found = [setting for source in SOURCES for setting in settings_in(ROOT / source)]
    sections = dict.fromkeys(setting.section for setting in found)
    return "\n".join([HEAD, *("\n".join(_table(name, found)) for name in sections)])


def settings_in(path: Path) -> list[Setting]:
    """Give the variables that a module reads, in its order. Raises `UndocumentedError`."""
    text = path.read_text()
    lines, found = text.splitlines(), dict[str, Setting]()
    for call in _reads(text):
        name = str(ast.literal_eval(call.args[0]))
        meaning = _meaning(lines, call.lineno)
        if name in found:  # read a second time, with the same meaning
            continue
        if not meaning:
            raise UndocumentedError(f"{path.name}, line {call.lineno}: say in a #: comment above what {name} means.")
        found[name] = Setting(name, _section(lines, call.lineno), meaning, _default(call, name))
    return list(found.values())


def _table(section: str, settings: list[Setting]) -> Iterator[str]:
    yield from (f"## {section}", "", "| variable | meaning | default |", "|---|---|---|")
    yield from (setting.row for setting in settings if setting.section == section)
    yield ""


def _reads(text: str) -> list[ast.Call]:
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return sorted((call for call in calls if READER.fullmatch(ast.unparse(call.func))), key=lambda call: call.lineno)


def _meaning(lines: list[str], number: int) -> str:
    """Give the text of the `#:` lines just above a line, which are counted from 1."""
    first = last = number - 1
    while first and lines[first - 1].lstrip().startswith("#: "):
        first -= 1
    return " ".join(line.strip()[3:] for line in lines[first:last])


def _section(lines: list[str], number: int) -> str:
    headings = [heading[1] for line in lines[:number] if (heading := SECTION.match(line))]
    return headings[-1] if headings else "Web server"


def _default(call: ast.Call, name: str) -> str | None:
    """Give the default of production in the form in which the variable is written; None where there is none."""
    given = [word.value for word in call.keywords if word.arg == "default"] or call.args[1:]
    if not given:
        return None
    expression = compile(ast.Expression(given[0]), "<default>", "eval")
    spelled = _spelled(eval(expression, {"DEBUG": False}))  # noqa: S307  an expression of this project's own code
    return spelled + next((f" {unit[1:].lower()}" for unit in UNITS if name.endswith(unit)), "")


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, list):
        return f"`{','.join(value)}`"
    if isinstance(value, dict):
        return f"`{_pairs(value)}`"
    return f"`{value}`"


def _pairs(value: dict[str, Any]) -> str:
    """Give a mapping as it is written in a variable: JSON where a value is a mapping itself."""
    if any(isinstance(inner, dict) for inner in value.values()):
        return str(value).replace("'", '"')
    return ",".join(f"{key}={inner:.0f}" if inner == int(inner) else f"{key}={inner}" for key, inner in value.items())


if __name__ == "__main__":
    sys.exit(main())
