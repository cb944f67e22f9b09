"""Sources and documents name their subjects: words that leave the reader guessing who or what is meant do not occur."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
WORDS: Final = ("nobody", "nobodys", "whoever", "somebody", "somebodys", "anew", "thinks better of it", "what is none")
"""Write the subject ('no other process', 'the caller', 'a user') and 'again' instead. Parts of identifiers count too."""

ALLOWED: Final = {
    ("layers/common/python/mycrypto/mail.py", 'NO_RECIPIENT = "nobody"'),  # the type of messages that are in queues already
    ("localstack/mycrypto_local/parts/identity.py", 'UNPRIVILEGED_USER: Final = "nobody"'),  # the system's user of that name
    ("tests/unit/docs/test_language.py", ""),
}
SUFFIXES: Final = {".py", ".md", ".ts", ".tsx", ".css", ".html", ".toml", ".yml", ".yaml", ".ini", ".cfg", ".sh"}
"""Without .sql: a migration that was applied does not change."""
SKIPPED: Final = {"node_modules", "build", "cdk.out", "dist", "__pycache__"}
_RIDDLE: Final = re.compile(rf"(?<![a-z])(?:{'|'.join(WORDS)})(?![a-z])", re.IGNORECASE)


def _files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if (name not in SKIPPED and not name.startswith(".")) or name == ".github"]
        for name in names:
            if name == "Makefile" or Path(name).suffix in SUFFIXES or folder.endswith("docs/api"):
                yield Path(folder, name)


def _riddles(path: Path, text: str) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    for number, line in enumerate(text.splitlines(), 1):
        found = _RIDDLE.search(line)
        if found and not any(name == file and part in line for file, part in ALLOWED):
            yield f"{name}:{number}: {found[0]}"


def test_every_sentence_names_its_subject() -> None:
    found: list[str] = []
    count = 0
    for path in _files():
        count += 1
        text = path.read_text(errors="replace")
        if _RIDDLE.search(text):
            found += _riddles(path, text)
    assert count > 500
    assert not found, "\n".join(found)


def test_a_word_inside_an_identifier_is_found_and_a_longer_word_is_not() -> None:
    text = "renewed\ntest_a_count_starts_anew\nNOBODY_ID\nanewly"
    assert list(_riddles(ROOT / "a.py", text)) == ["a.py:2: anew", "a.py:3: NOBODY"]
