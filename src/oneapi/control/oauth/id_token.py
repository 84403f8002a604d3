"""Who has signed an id_token: `python -m oneapi.control.oauth.id_token` reads a question and prints its answer.

It runs in a process of its own, for as long as it takes: from the first sign-in on joserfc and cryptography would cost a
worker 11 MB for good. Standard input is `[id_token, keys]` in JSON, the answer `{"claims": …}` or `{"objection": …}`.
"""

import json
import subprocess
import sys
from typing import Any, Final, cast

# No HMAC: its key would be the client's secret, which is no key. No `none`.
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
_SECONDS: Final = 30  # more is a machine that is overloaded

Object = dict[str, Any]


class BadIdToken(Exception):
    """An id_token that says nothing; the text says why, for the log."""


def read_id_token(id_token: str, keys: Object) -> Object:
    """Return the claims of a token that one of the provider's keys has signed; raises `BadIdToken`.

    `keys`: what the provider's `jwks_uri` says. It takes 0.15 s of CPU, and 30 MB while it runs: let one run at a time.
    Raises `SubprocessError` when it cannot run.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "oneapi.control.oauth.id_token"],
        input=json.dumps([id_token, keys]).encode(),
        stdout=subprocess.PIPE,
        timeout=_SECONDS,
        check=True,
    )
    said = json.loads(ran.stdout)
    if "claims" not in said:
        raise BadIdToken(said["objection"])
    return said["claims"]


def _claims(id_token: str, keys: Object) -> Object:
    from joserfc import jws, jwt
    from joserfc.errors import JoseError

    try:
        header = jws.extract_compact(id_token.encode()).headers()
    except (JoseError, ValueError) as error:
        raise BadIdToken("it is no signed token") from error
    if header.get("alg") not in _ALGORITHMS:
        raise BadIdToken(f"it is signed with {header.get('alg')!r}")
    for key in _keys(keys, header.get("kid")):
        try:
            return dict(jwt.decode(id_token, key, algorithms=list(_ALGORITHMS)).claims)
        except (JoseError, ValueError):
            continue
    raise BadIdToken("none of the provider's keys has signed it")


def _keys(said: Object, kid: object) -> list[Any]:
    """Return the keys that may have signed; ones that we cannot read are others' affair."""
    from joserfc import jwk
    from joserfc.errors import JoseError

    listed = said.get("keys")
    found: list[Any] = []
    for one in cast("list[Any]", listed) if isinstance(listed, list) else []:
        match one:
            case {"kty": "RSA" | "EC" | "OKP"} if one.get("use", "sig") == "sig" and (
                kid is None or one.get("kid") == kid
            ):
                try:
                    found.append(jwk.import_key(one))
                except (JoseError, ValueError, TypeError, KeyError):
                    continue
            case _:
                continue
    return found


def main() -> None:
    """Answer the question on standard input."""
    id_token, keys = json.load(sys.stdin)
    try:
        said: Object = {"claims": _claims(id_token, keys)}
    except BadIdToken as error:
        said = {"objection": str(error)}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
