"""The matching core: a pure function from one ordered command log to events. See :mod:`engine_container.core.machine`.

Whatever is compiled is found through this package's search path (:mod:`engine_container.compiled`); nothing else here knows of it.
"""

from engine_container.compiled import core_path

__path__ = core_path(list(__path__))
