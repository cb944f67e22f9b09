"""A real clamd judges pictures, where the machine has one (Debian's package clamav-daemon): what is clean, what is found, what is too large."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.kyc.scanners import EICAR, Clamd, ScannerError
from mycrypto_local.ports import any_free
from tests.waiting import wait_until

LARGEST = 1_000_000
"""What this clamd takes; the usual one takes 100 MB, more than a picture may have."""


def configuration(folder: Path, port: int) -> str:
    """Its signatures are one, that of the test virus: the published ones are fetched from the internet."""
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "test.hdb").write_text(f"{hashlib.md5(EICAR).hexdigest()}:{len(EICAR)}:Eicar-Test\n")
    lines = {
        "TCPAddr": "127.0.0.1",
        "TCPSocket": port,
        "DatabaseDirectory": signatures,
        "TemporaryDirectory": folder,
        "StreamMaxLength": LARGEST,
        "Foreground": "yes",
        **({"User": "root"} if os.geteuid() == 0 else {}),
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    program = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no clamd here; on Debian: sudo apt-get install -y clamav-daemon")
    folder, port = tmp_path_factory.mktemp("clamd"), any_free(1)[0]
    (folder / "clamd.conf").write_text(configuration(folder, port))
    found = Clamd(f"127.0.0.1:{port}")

    def answers() -> bool:
        assert server.poll() is None, "clamd has ended"
        try:
            return found.scan(b"a picture") is None
        except ScannerError:
            return False

    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "--config-file", folder / "clamd.conf"], stdout=log, stderr=log)
    try:
        wait_until(answers, "clamd does not answer")
        yield found
    finally:
        server.terminate()
        server.wait(30)


def test_clean_pictures_pass_and_the_test_virus_is_found(clamd: Clamd) -> None:
    assert clamd.scan(b"\xff\xd8\xff" + random.Random(1).randbytes(700_000)) is None
    assert clamd.scan(EICAR) == "Eicar-Test.UNOFFICIAL"


def test_what_it_does_not_take_whole_is_not_taken_for_clean(clamd: Clamd) -> None:
    with pytest.raises(ScannerError):
        clamd.scan(bytes(3 * LARGEST))
