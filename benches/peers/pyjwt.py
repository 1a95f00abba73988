"""PyJWT, with its key parsed. It knows of the issuer, and not of signers and clients."""

import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

TIMES = 2


def main():
    folder = Path(sys.argv[1])
    key = load_pem_public_key((folder / "key.pem").read_bytes())
    issuer = json.loads((folder / "rule.json").read_text())["issuer"]
    tokens = (folder / "tokens.txt").read_text().split("\n")

    def verify(token):
        return jwt.decode(token, key, algorithms=["ES256"], issuer=issuer)["sub"]

    padding = ""
    try:
        verify(tokens[0])
    except jwt.InvalidTokenError:
        tokens = [token.rstrip("=") for token in tokens]
        padding = " ¹"

    def turn(times):
        for _ in range(times):
            for token in tokens:
                verify(token)

    turn(20)
    versions = f"{version('PyJWT')}, cryptography {version('cryptography')}, Python {platform.python_version()}"
    print(versions + padding, flush=True)
    for _ in sys.stdin:
        before = time.process_time_ns()
        turn(TIMES)
        print((time.process_time_ns() - before) // (TIMES * len(tokens)), flush=True)


main()
