"""The API's description is true: whatever it allows, or nearly allows, is answered as it says, and never by a crash.

schemathesis makes requests out of the description, good ones and spoiled ones: always the same in `make test`, others
every time in `make fuzz`.
"""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.core.transport import Response
from schemathesis.generation.modes import GenerationMode
from tools.docs_openapi import described

from tests.control.browser import Asked
from tests.control.scene import Scene

# schemathesis leaves the kinds of its generics open.
KNOWN_CHECKS: Any = vars(checks)["CHECKS"]
checks.load_all_checks()
CHECKS = [
    KNOWN_CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]
BASE = "http://gateway.invalid"
DESCRIPTION: Any = schemathesis.openapi.from_dict(described())
OPERATIONS = [result.ok() for result in DESCRIPTION.get_all_operations()]
IS_FUZZED = settings.get_current_profile_name() == "fuzz"
EXAMPLES = settings().max_examples if IS_FUZZED else 20


def ask(scene: Scene, case: Any) -> Response:
    """Ask as root's script, without going through a socket."""
    wanted = requests.Request(**case.as_transport_kwargs(base_url=BASE))
    prepared = requests.Session().prepare_request(wanted)
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    headers = {name.replace("-", "_"): str(value) for name, value in prepared.headers.items()}
    asked = Asked(str(prepared.method), prepared.path_url, body, headers)
    reply = scene.browsers["root's script"].ask(asked)
    told = {name: [value] for name, value in reply.headers.items()}
    return Response(
        status_code=reply.status,
        headers=told,
        content=reply.body,
        request=prepared,
        elapsed=0.0,
        verify=False,
    )


@pytest.mark.fuzz
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_it_is_answered_as_it_is_described(scene: Scene, operation: Any) -> None:
    good, spoiled = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @settings(
        max_examples=EXAMPLES,
        derandomize=not IS_FUZZED,
        database=None,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
        ],
    )
    @given(case=good | spoiled)
    def answered(case: Any) -> None:
        case.validate_response(ask(scene, case), checks=CHECKS)

    try:
        answered()
    finally:
        scene.put_back()
