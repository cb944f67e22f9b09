"""The AWS side of the platform, as a CDK app (``infra.app``)."""

from __future__ import annotations

import os

# The CDK runs on Node 20, the newest of Debian 12's backports; its eleven-line notice about that would bury the errors that matter.
os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "20"
