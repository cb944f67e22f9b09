"""The core's own tables hold what dictionaries would, under collisions and removals too."""

from __future__ import annotations

import random

import pytest

from engine_container.core.storage.command_memory import CommandMemory
from engine_container.core.storage.int_table import IntTable
from engine_container.core.storage.packed_text import PADDING, mark_of_client
from engine_container.core.storage.remembered_command import RememberedCommand
from engine_container.core.storage.uuid_table import ABSENT, UuidTable, high_of, low_of


@pytest.mark.parametrize("step", [1, 2, 512, 2**20, 2**40 + 1])
def test_numbers(step: int) -> None:
    draw = random.Random(step)
    table: IntTable[str] = IntTable()
    model: dict[int, str] = {}
    for turn in range(3_000):
        number = draw.randint(-150, 150) * step
        if number in model and draw.random() < 0.7:
            table.remove(number)
            del model[number]
        elif number not in model:
            model[number] = str(turn)
            table.add(number, model[number])
        assert table.count == len(model)
        asked = draw.randint(-150, 150) * step
        assert table.find(asked) == model.get(asked)
    assert sorted(table.values()) == sorted(model.values())


def test_a_number_that_is_not_there_cannot_be_removed() -> None:
    table: IntTable[str] = IntTable()
    table.add(1, "one")
    with pytest.raises(KeyError):
        table.remove(2)


def ids(draw: random.Random) -> bytes:
    """16 bytes that often begin, end or mix alike."""
    half = draw.choice([b"\0" * 8, b"\xff" * 8, b"12345678"])
    other = draw.randint(0, 40).to_bytes(8, "big")
    return draw.choice([half + other, other + half, other + other])


def test_identities() -> None:
    draw = random.Random(5)
    table = UuidTable()
    model: dict[bytes, int] = {}
    for turn in range(2_000):
        identity = ids(draw)
        assert table.add(high_of(identity), low_of(identity), turn) == model.get(identity, ABSENT)
        model.setdefault(identity, turn)
        asked = ids(draw)
        assert table.find(high_of(asked), low_of(asked)) == model.get(asked, ABSENT)


def record(identity: bytes, turn: int) -> RememberedCommand:
    big = 2**64 - 1 if turn % 7 == 0 else turn
    return RememberedCommand(identity, turn % 5 - 1, f"c{turn}", turn, turn * 3, -1, big, -turn, ("more", turn) if turn % 3 == 0 else None)


def client_id(draw: random.Random) -> str:
    """Few enough to come again; of all lengths that words have, and some in several bytes a letter."""
    number = draw.randrange(4_000)
    return ("c" * (number % 19) + str(number)) if number % 5 else f"ü{number}€"


def add(memory: CommandMemory, identity: bytes, user_index: int, client_order_id: str, turn: int) -> bool:
    """Remember an order as the native path does, unless its id or its user's client_order_id is taken; it has no other fields than figures."""
    text = client_order_id.encode()
    source, end = text + PADDING, len(text)
    mark = mark_of_client(user_index, source, 0, end)
    place = memory.free_client_place(user_index, source, 0, end, mark)
    if text and place == ABSENT:
        return False
    if memory.add(high_of(identity), low_of(identity), user_index, source, 0, end, turn, 7, 16, turn, 5, -1) != ABSENT:
        return False
    if text:
        memory.put_client(mark, place, memory.end - 1)
    return True


def test_an_id_that_counts_no_longer_is_taken_again() -> None:
    memory = CommandMemory()
    assert [memory.add(1, 2, 0, PADDING, 0, 0, created, 7, 16, 1, 1, after) for created, after in ((10, 0), (20, 9), (30, 10))] == [
        ABSENT, 0, ABSENT,
    ]  # fmt: skip
    assert memory.find(b"\0" * 7 + b"\1" + b"\0" * 7 + b"\2") == 1


def told(kept: RememberedCommand) -> tuple[object, ...]:
    return tuple(getattr(kept, name) for name in (
        "command_id", "user_index", "client_order_id", "created_ms", "number", "fingerprint", "quantity", "price", "more",
    ))  # fmt: skip


def test_the_memory_over_many_pages() -> None:
    """Commands with ids that collide, ids used again, ids of odd lengths, client_order_ids used again; remembered in short and at length, forgotten from the oldest on."""
    draw = random.Random(9)
    memory = CommandMemory()
    rows: dict[int, RememberedCommand] = {}
    by_id: dict[bytes, int] = {}
    by_client: dict[tuple[int, str], int] = {}
    for turn in range(12_000):
        identity = draw.randbytes(draw.choice([0, 3, 15, 17])) if draw.random() < 0.05 else draw.choice([ids(draw), draw.randbytes(16)])
        row = int(memory.end)
        if len(identity) == 16 and draw.random() < 0.7:
            user, client = draw.randrange(3), client_id(draw) if turn % 2 else ""
            made = RememberedCommand(identity, user, client, turn, 7, 16, turn, 5, None)
            fresh = add(memory, identity, user, client, turn)
            assert fresh == (identity not in by_id and (user, client) not in by_client)
            if not fresh:
                continue
            by_id[identity] = row
            if client:
                by_client[user, client] = row
        else:
            made = record(identity, turn)
            found_by_id = draw.random() < 0.9
            assert memory.keep(made, found_by_id=found_by_id) == row
            if found_by_id:
                by_id[identity] = row
            if draw.random() < 0.3:
                memory.take_client(row)
                by_client[made.user_index, made.client_order_id] = row
        rows[row] = made
        while len(rows) > 3_000 or (rows and draw.random() < 0.3):
            first = int(memory.first)
            assert memory.created_ms(first) == rows[first].created_ms
            gone = rows.pop(first)
            client_key = (gone.user_index, gone.client_order_id)
            if by_client.get(client_key) == first:
                del by_client[client_key]
                if draw.random() < 0.5:  # it is let go before its row is, or with it
                    memory.free_client(*client_key)
                    assert memory.client_order_id(first) == ""
            memory.forget_first()
            if by_id.get(gone.command_id) == first:
                del by_id[gone.command_id]
        asked = draw.choice(list(by_id)) if by_id and turn % 50 == 0 else ids(draw)
        found = memory.find(asked)
        assert found == by_id.get(asked, -1)
        if found >= 0:
            assert told(memory.record(found)) == told(rows[found])
        client_key = draw.choice(list(by_client)) if by_client and turn % 50 == 0 else (draw.randrange(3), client_id(draw))
        assert memory.find_client(*client_key) == by_client.get(client_key, -1)
    assert memory.end > 5_000
    assert [told(memory.record(row)) for row in range(int(memory.first), int(memory.end))] == [told(kept) for kept in rows.values()]


def test_what_becomes_of_a_command_is_noted_in_its_row() -> None:
    memory = CommandMemory()
    row = memory.keep(record(b"i" * 16, 3), found_by_id=True)
    memory.answer_with(row, 4, 70, 71)
    memory.part_from_client(row)
    kept = memory.record(row)
    assert (kept.user_index, kept.number, kept.price, kept.client_order_id) == (4, 70, 71, "")
    assert memory.number_of(row) == 70
