"""What the core's state and events look like as bytes: commands read from the log, events written to it, snapshots.

The rules know nothing of this package (import rules hold it); it knows them.
"""

from engine_container.compiled import core_path

__path__ = core_path(list(__path__), "codec")
