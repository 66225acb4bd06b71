"""Secrets made up here, one or more of every known format; random, so that none is anybody's."""

from __future__ import annotations

import random
import string

from nbstream.secrets import KINDS

_SETS = {
    "A-Za-z0-9": string.ascii_letters + string.digits,
    "A-Za-z0-9-": string.ascii_letters + string.digits + "-",
    "A-Za-z0-9_": string.ascii_letters + string.digits + "_",
    "A-Za-z0-9_-": string.ascii_letters + string.digits + "_-",
    "0-9a-f": "0123456789abcdef",
    "A-Z0-9": string.ascii_uppercase + string.digits,
}
_REST = string.ascii_letters + string.digits


def planted(seed: int) -> list[str]:
    """One secret of each beginning of each format, and a private key: the same for the same seed."""
    dice = random.Random(seed)
    made = []
    for kind in KINDS:
        letters = _SETS.get(kind.chars, _REST)
        made += [start + "".join(dice.choices(letters, k=kind.least + dice.randrange(8))) for start in kind.starts]
    return [*made, private_key(dice)]


def private_key(dice: random.Random) -> str:
    """The shape of a private key: its lines hold random letters."""
    lines = ("".join(dice.choices(_REST + "+/", k=64)) for _ in range(24))
    return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])


def heart(secret: str) -> str:
    """The part of a secret that must be nowhere: what is left without its public beginning."""
    if "-----" in secret:
        return secret.split("\n")[5]
    start = next(start for kind in KINDS for start in kind.starts if secret.startswith(start))
    return secret[len(start) :]
