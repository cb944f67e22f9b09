"""What goes into an archive: source files copied into a folder of their own, so that an archive holds one function and nothing else."""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from infra import dependencies
from infra.errors import ConfigurationError, LayerNotBuiltError

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


@functools.cache
def bundled_function(name: str, dependencies_folder: str | None) -> str:
    """The archive folder of a function that has no layers: with ``mycrypto``, and with the dependencies where a folder of them is given."""
    target = _staging() / f"bundled-{name}"
    shutil.copytree(function(name), target)
    shutil.copytree(ROOT / "layers" / "common" / "python", target, ignore=_NOT_SHIPPED, dirs_exist_ok=True)
    if dependencies_folder is not None:
        shutil.copytree(Path(dependency_layer(dependencies_folder)) / "python", target, dirs_exist_ok=True)
    return str(target)


def digest(folder: str) -> str:
    """A name for the content of a folder of the repository: changes when any file in it does."""
    content = hashlib.sha256()
    for path in sorted((ROOT / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:16]


@functools.cache
def _built_layer() -> str | LayerNotBuiltError:
    """Asked once: every stack with functions wants it, and an index that is out of reach takes its time."""
    try:
        return str(dependencies.ensure(ROOT))
    except LayerNotBuiltError as missing:
        return missing


def dependency_layer(prebuilt: str | None = None) -> str:
    """The folder of the dependency layer: the one that was handed in, or the one in ``build/``, made first when it is not up to date.

    Raises :class:`LayerNotBuiltError` where it cannot be made.
    """
    if prebuilt is None:
        built = _built_layer()
        if isinstance(built, LayerNotBuiltError):
            raise built
        return built
    if not (Path(prebuilt) / "python").is_dir():
        raise ConfigurationError(f"Context value 'dependency_layer' must name a folder that holds python/, and '{prebuilt}' does not.")
    return prebuilt


@functools.cache
def no_layer() -> str:
    """A folder in place of a dependency layer that is not built; it cannot be deployed (see ``constructs.function.layers``)."""
    target = _staging() / "layer-missing"
    (target / "python").mkdir(parents=True)
    (target / "python" / "NOT_BUILT.txt").write_text("python -m infra.dependencies builds what belongs here\n")
    return str(target)


@functools.cache
def container() -> str:
    """The build context of the trading image: what its Dockerfile copies, and nothing else."""
    target = _staging() / "container"
    if not (ROOT / "engine_container" / "Dockerfile").is_file():
        raise ConfigurationError("engine_container/Dockerfile is missing: check out the whole repository, or pass -c image=REPOSITORY:TAG.")
    shutil.copytree(ROOT / "engine_container", target / "engine_container", ignore=_NOT_SHIPPED)
    shutil.copytree(ROOT / "layers" / "common", target / "layers" / "common", ignore=_NOT_SHIPPED)
    shutil.copy(ROOT / "pyproject.toml", target / "pyproject.toml")
    (target / "requirements").mkdir()
    for name in ("trading.lock", "build.lock", "node.lock"):
        shutil.copy(ROOT / "requirements" / name, target / "requirements" / name)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, target / name)
    return str(target)
