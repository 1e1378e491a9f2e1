"""docs/settings.md is made from the code, and a secret may come from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from focusjobs.dev import reference
from focusjobs.environment import Environment, Variables

MODULE = '''"""A module of settings."""
# --- Stores ----------------------------------------------------
#: Where people are kept,
#: and their habits.
STORE = env.str("STORE_URL")
if DEBUG:
    KEPT = {
        #: How long they are kept.
        "kept": timedelta(days=env.float("KEEP_DAYS", default=7)),
    }
# --- Ways ------------------------------------------------------
#: Whether to tell.
TELL = env.bool("TELL", default=not DEBUG)
#: How fast.
RATES = env.dict("RATES", default={"fcm": 8000.0, "web": 0.5})
#: By which ways.
WAYS = env.json("WAYS", default={"console": {}})
#: From whom.
FROM = env.list("FROM", default=["a", "b"])
'''


def rows(tmp_path: Path, text: str) -> list[tuple[str, str, str, str | None]]:
    module = tmp_path / "settings.py"
    module.write_text(text)
    found = reference.settings_in(module)
    return [(setting.name, setting.section, setting.meaning, setting.default) for setting in found]


def test_the_page_is_what_the_code_says_now() -> None:
    assert reference.TARGET.read_text() == reference.page(), "Run `make docs`."


def test_names_sections_meanings_and_defaults_are_those_of_the_code(tmp_path: Path) -> None:
    assert rows(tmp_path, MODULE) == [
        ("STORE_URL", "Stores", "Where people are kept, and their habits.", None),
        ("KEEP_DAYS", "Stores", "How long they are kept.", "`7` days"),
        ("TELL", "Ways", "Whether to tell.", "on"),
        ("RATES", "Ways", "How fast.", "`fcm=8000,web=0.5`"),
        ("WAYS", "Ways", "By which ways.", '`{"console": {}}`'),
        ("FROM", "Ways", "From whom.", "`a,b`"),
    ]


def test_a_variable_without_a_meaning_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(reference.UndocumentedError, match=r"settings\.py, line 2: .* what NAME means"):
        rows(tmp_path, '# no such comment\nNAME = env.str("NAME", default="")\n')


@pytest.mark.parametrize("written", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_a_secret_may_be_a_file_with_or_without_a_line_break(tmp_path: Path, written: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(written.encode())
    env = Environment()
    env.ENVIRON = Variables({"KEY_FILE": str(file), "OTHER": "as it is\n"})
    assert (env.str("KEY"), env.str("OTHER")) == ("s3cret", "as it is\n")


def test_a_file_that_is_named_and_missing_is_an_error(tmp_path: Path) -> None:
    env = Environment()
    env.ENVIRON = Variables({"KEY_FILE": str(tmp_path / "gone")})
    with pytest.raises(FileNotFoundError):
        env.str("KEY", default="never used")
