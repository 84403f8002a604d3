"""A model as OpenAI's model list shows it, with the fields that One API adds.

Source: https://platform.openai.com/docs/api-reference/models (read 2026-11-21); the constants are One API's.
"""

from typing import Any, Final

CREATED: Final = 1626777600


def model_object(name: str, owner: str) -> dict[str, Any]:
    """Return one entry of a model list."""
    return {
        "id": name,
        "object": "model",
        "created": CREATED,
        "owned_by": owner,
        "permission": [
            {
                "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ",
                "object": "model_permission",
                "created": CREATED,
                "allow_create_engine": True,
                "allow_sampling": True,
                "allow_logprobs": True,
                "allow_search_indices": False,
                "allow_view": True,
                "allow_fine_tuning": False,
                "organization": "*",
                "group": None,
                "is_blocking": False,
            }
        ],
        "root": name,
        "parent": None,
    }
