"""Where the earlier platform's tables are read: a plain dump, or a database that a dump was restored to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import psycopg
from psycopg import IsolationLevel, sql

from mycrypto_local.importing.copy_text import Row, parse_line

_COPY: Final = re.compile(r'COPY (?:"?\w+"?\.)?"?(\w+)"? \((.*)\) FROM stdin;')
_PARTITION: Final = re.compile(r"_(?:[0-9]{4}_[0-9]{2}(?:_[0-9]{2})?|default)$")
_END: Final = b"\\.\n"
_COMPLETE: Final = b"PostgreSQL database dump complete"
_TAIL_BYTES: Final = 4_096


class SourceError(RuntimeError):
    """The dump or database cannot be read; the message says what to do."""


class Source(Protocol):
    """Tables by name; partitions count as their table."""

    def tables(self) -> Sequence[str]: ...

    def columns(self, table: str) -> Sequence[str]: ...

    def rows(self, table: str) -> Iterator[Row]: ...

    def close(self) -> None: ...


class _Block(NamedTuple):
    columns: list[str]
    offset: int


def whole_table(name: str) -> str:
    """``orders`` for its partition ``orders_2024_01``."""
    return _PARTITION.sub("", name)


class DumpSource:
    """A file that ``pg_dump`` wrote in plain form. It is indexed once and then read table by table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks: dict[str, list[_Block]] = {}
        with path.open("rb") as file:
            if file.read(5) == b"PGDMP":
                raise SourceError(f"{path} is in pg_dump's custom form; make a plain one of it: pg_restore --file plain.sql {path.name}")
            file.seek(0)
            self._index(file)

    def _index(self, file: Iterable[bytes]) -> None:
        inside = False
        complete = False
        offset = 0
        for line in file:
            offset += len(line)
            if inside:
                inside = line != _END
            elif line.startswith(b"COPY ") and (found := _COPY.match(line.decode())):
                block = _Block([name.strip().strip('"') for name in found[2].split(",")], offset)
                self._blocks.setdefault(whole_table(found[1]), []).append(block)
                inside = True
            elif line.startswith(b"INSERT INTO "):
                raise SourceError(f"{self._path} was made with --inserts; make it again without that option")
            complete = complete or (not inside and _COMPLETE in line)
        if inside or not complete:
            raise SourceError(f"{self._path} ends too early: it is no whole plain dump of pg_dump")

    def tables(self) -> Sequence[str]:
        return sorted(self._blocks)

    def columns(self, table: str) -> Sequence[str]:
        return self._blocks[table][0].columns if table in self._blocks else ()

    def rows(self, table: str) -> Iterator[Row]:
        for block in self._blocks.get(table, ()):
            with self._path.open("rb") as file:
                file.seek(block.offset)
                for line in file:
                    if line == _END:
                        break
                    values = parse_line(line.decode().removesuffix("\n"))
                    if len(values) != len(block.columns):
                        raise SourceError(f"{self._path}: a row of {table} has {len(values)} values for {len(block.columns)} columns")
                    yield dict(zip(block.columns, values, strict=True))

    def close(self) -> None:
        """Nothing is kept open."""


class DatabaseSource:
    """A database that a dump was restored to. All tables are read as of one moment, and nothing is written."""

    def __init__(self, dsn: str) -> None:
        try:
            self._connection = psycopg.connect(dsn, options="-c DateStyle=ISO -c TimeZone=UTC", connect_timeout=5)
        except psycopg.Error as error:
            raise SourceError(f"the earlier database cannot be reached: {str(error).strip()}") from error
        self._connection.isolation_level, self._connection.read_only = IsolationLevel.REPEATABLE_READ, True

    def tables(self) -> Sequence[str]:
        rows = self._connection.execute(
            """SELECT relname FROM pg_class JOIN pg_namespace space ON space.oid = relnamespace
                WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"""
        ).fetchall()
        return [name for (name,) in rows]

    def columns(self, table: str) -> Sequence[str]:
        rows = self._connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
            (table,),
        ).fetchall()
        return [name for (name,) in rows]

    def rows(self, table: str) -> Iterator[Row]:
        columns = self.columns(table)
        if not columns:
            return
        statement = sql.SQL("COPY (SELECT {} FROM public.{}) TO STDOUT").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
        )
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for values in copy.rows():
                yield dict(zip(columns, values, strict=True))

    def close(self) -> None:
        self._connection.close()


def open_source(place: str) -> DumpSource | DatabaseSource:
    """Of a path, or of an address that begins with ``postgresql://``. Raises :class:`SourceError`."""
    if place.startswith(("postgresql://", "postgres://")):
        return DatabaseSource(place)
    path = Path(place)
    if not path.is_file():
        raise SourceError(f"{place} is neither a file nor an address postgresql://…")
    try:
        return DumpSource(path)
    except UnicodeDecodeError as error:
        raise SourceError(f"{place} is not in UTF-8: {error}") from error
