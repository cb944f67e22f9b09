"""What goes into an archive: source files copied into a folder of their own, so that an archive holds one function and nothing else."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from infra.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.so", "*.c", ".mypy_cache", "*.egg-info")


@functools.cache
def _staging() -> Path:
    """A folder for this process; the CDK copies what it needs at synth, so it may go when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="mycrypto-assets-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def require_handlers(names: Iterable[str]) -> None:
    """Refuse to go on when a function has no handler file."""
    missing = [f"functions/{name}/handler.py" for name in names if not (ROOT / "functions" / name / "handler.py").is_file()]
    if missing:
        raise ConfigurationError(f"Missing: {', '.join(missing)}. Check out the whole repository; nothing was deployed.")


@functools.cache
def function(name: str) -> str:
    """The archive folder of a function: ``functions/__init__.py`` and ``functions/<name>/**``, importable as in development."""
    target = _staging() / f"function-{name}"
    package = target / "functions"
    shutil.copytree(ROOT / "functions" / name, package / name, ignore=_NOT_SHIPPED)
    shutil.copy(ROOT / "functions" / "__init__.py", package / "__init__.py")
    return str(target)


@functools.cache
def common_layer() -> str:
    """The archive folder of the layer with ``mycrypto``: ``python/mycrypto/**``, the path that Lambda puts on ``sys.path``."""
    target = _staging() / "layer-common"
    shutil.copytree(ROOT / "layers" / "common", target, ignore=_NOT_SHIPPED)
    return str(target)
