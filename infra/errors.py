"""What can be wrong before anything is created."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A context value or a source file is missing or wrong; the text is one sentence that says what to do."""


class LayerNotBuiltError(ConfigurationError):
    """The dependency layer is not there and cannot be built now: enough for templates, not for a deployment."""
