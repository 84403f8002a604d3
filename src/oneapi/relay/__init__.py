"""The `/v1` plane: `relay` is its front door, `pipeline` the walk of one request."""

from oneapi.relay.body_room import BodyRoom
from oneapi.relay.health import Evidence
from oneapi.relay.intake import Limits
from oneapi.relay.relay import Relay
from oneapi.relay.services import RelayServices

__all__ = ["BodyRoom", "Evidence", "Limits", "Relay", "RelayServices"]
