"""Tables of native integers that the state is kept in. They know neither the rules nor the formats of the logs."""

from engine_container.compiled import core_path

__path__ = core_path(list(__path__), "storage")
