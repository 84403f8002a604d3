"""A model as OpenAI's model list shows it, with the fields that One API adds, and as Anthropic's does.

Sources: https://platform.openai.com/docs/api-reference/models (read 2026-11-21), the constants are One API's;
https://platform.claude.com/docs/en/api/models and the types of Anthropic's Python SDK 2.12 (read 2026-11-26).
"""

from typing import Any, Final

CREATED: Final = 1626777600


def model_object(
    name: str, owner: str, context: int | None = None, output: int | None = None
) -> dict[str, Any]:
    """Return one entry of a model list; `context` and `output` (tokens) under the names that clients look for, if known."""
    limits = {"context_length": context, "max_output_tokens": output}
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
        **{field: tokens for field, tokens in limits.items() if tokens is not None},
    }


def anthropic_model(
    name: str, context: int | None, output: int | None, retires_at: str | None = None
) -> dict[str, Any]:
    """Return one entry of Anthropic's model list; `context` and `output` are tokens, `None` where nobody says.

    A model whose date of release is not known has an epoch, as the vendor has it.
    """
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": context,
        "max_tokens": output,
        "capabilities": None,
        "line": None,
        "deprecated_at": None,
        "retires_at": retires_at,
    }
