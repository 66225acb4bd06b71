"""Secrets of known formats, masked before the write: in whole texts, and in texts that come in pieces.

Keys and tokens of the large services begin with letters of their own (`ghp_`, `sk-ant-`, `AKIA` …), so they can be
found without guessing. What is masked is replaced by its kind and the first digits of its SHA-256, so that one secret
seen twice is seen to be one; the secret itself is not kept. A password without a format of its own is not found.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_WORD: Final = "A-Za-z0-9"
_DASHED: Final = "A-Za-z0-9_-"
_HEX: Final = "0-9a-f"
_BASE64: Final = "A-Za-z0-9+/="


class Kind(NamedTuple):
    """One format: literal beginnings, then at least `least` of `chars` (the inside of a regular character class)."""

    name: str
    starts: tuple[str, ...]
    chars: str
    least: int


# Sources: each service's own documentation of its token format.
KINDS: Final = (
    Kind("anthropic-key", ("sk-ant-",), _DASHED, 24),
    Kind("openrouter-key", ("sk-or-v1-",), _HEX, 40),
    Kind("openai-key", ("sk-proj-", "sk-svcacct-", "sk-admin-"), _DASHED, 20),
    Kind("api-key", ("sk-",), _WORD, 20),
    Kind("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _WORD, 36),
    Kind("github-token", ("github_pat_",), "A-Za-z0-9_", 22),
    Kind("gitlab-token", ("glpat-", "gldt-", "glrt-"), _DASHED, 20),
    Kind("slack-token", ("xoxa-", "xoxb-", "xoxp-", "xoxo-", "xoxr-", "xoxs-", "xapp-"), "A-Za-z0-9-", 10),
    Kind("google-key", ("AIza",), _DASHED, 35),
    Kind("google-token", ("ya29.",), "A-Za-z0-9_.-", 20),
    Kind("google-secret", ("GOCSPX-",), _DASHED, 20),
    Kind("aws-key-id", ("AKIA", "ASIA"), "A-Z0-9", 16),
    Kind("aws-secret", ("aws_secret_access_key=", "AWS_SECRET_ACCESS_KEY=", "aws_secret_access_key = "), _BASE64, 40),
    Kind("azure-key", ("AccountKey=", "SharedAccessKey="), _BASE64, 40),
    Kind("stripe-key", ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"), _WORD, 16),
    Kind("npm-token", ("npm_",), _WORD, 36),
    Kind("pypi-token", ("pypi-",), _DASHED, 50),
    Kind("huggingface-token", ("hf_",), _WORD, 30),
    Kind("groq-key", ("gsk_",), _WORD, 40),
    Kind("xai-key", ("xai-",), _WORD, 40),
    Kind("replicate-token", ("r8_",), _WORD, 36),
    Kind("perplexity-key", ("pplx-",), _WORD, 40),
    Kind("sendgrid-key", ("SG.",), "A-Za-z0-9_.-", 40),
    Kind("digitalocean-token", ("dop_v1_", "doo_v1_"), _HEX, 64),
    Kind("databricks-token", ("dapi",), _HEX, 32),
    Kind("shopify-token", ("shpat_", "shpss_", "shpca_"), _HEX, 32),
    Kind("vault-token", ("hvs.", "hvb."), _DASHED, 24),
    Kind("linear-key", ("lin_api_",), _WORD, 32),
    Kind("age-key", ("AGE-SECRET-KEY-1",), "A-Z0-9", 50),
    Kind("telegram-token", ("bot_token=",), "A-Za-z0-9:_-", 40),
    Kind("jwt", ("eyJ",), "A-Za-z0-9_.-", 40),
    Kind("bearer-token", ("Bearer ", "bearer "), "A-Za-z0-9_.~+/=-", 20),
)

PRIVATE_KEY: Final = "private-key"
_BEGIN: Final = "-----BEGIN "
_PEM_NAME: Final = "(?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"
_PEM: Final = f"-----BEGIN {_PEM_NAME}.{{0,16384}}?-----END {_PEM_NAME}"

LONGEST: Final = 16_384
"""Characters of what began like a secret that are looked at; a private key of 8,192 bits has 6,500."""

# In JSON a line's end before a token is the letter n of an escape; it is no part of a word.
_EDGE: Final = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbf]))"


def _pattern(kind: Kind, index: int) -> str:
    starts = "|".join(re.escape(start) for start in kind.starts)
    return f"(?P<k{index}>{_EDGE}(?:{starts})[{kind.chars}]{{{kind.least},}})"


# From the rarest on: how often a letter is met in English, JSON and hexadecimal ids. All others are more frequent.
_RARE: Final = "GSBEAzJ.=kvm8wgxpyf"


def _rarest_first(words: Sequence[str]) -> str:
    """One pattern for many words that stops only at the rarest letter of each, and from there looks back and on.

    A search passes over letters that begin no alternative five times as quickly as over those that do.
    """
    ways: dict[str, list[str]] = {}
    for word in words:
        at = min(range(len(word)), key=lambda place: (_RARE + word).index(word[place]))
        back = f"(?<={re.escape(word[: at + 1])})" if at else ""
        ways.setdefault(word[at], []).append(back + re.escape(word[at + 1 :]))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rests)})" for letter, rests in ways.items())


_SECRET: Final = re.compile("|".join([f"(?P<pem>{_PEM})", *(_pattern(k, i) for i, k in enumerate(KINDS))]), re.DOTALL)
_STARTS: Final = tuple(dict.fromkeys(start for kind in KINDS for start in kind.starts))
_HINTS: Final = (_BEGIN, *_STARTS)
# What begins like a shorter one is met when that is.
_SHORTEST: Final = [one for one in _HINTS if not any(one != other and one.startswith(other) for other in _HINTS)]
_HINT: Final = re.compile(_rarest_first(_SHORTEST))
_HINT_OF_ARROW: Final = "|".join(map(re.escape, _SHORTEST)).replace("\\ ", " ")
_MANY: Final = 128
"""Texts from which on one pass by Arrow is quicker, though it compiles the pattern anew (measured: 0.4 ms)."""
_UNFINISHED: Final = re.compile(
    f"{_EDGE}(?:" + "|".join(f"(?:{'|'.join(map(re.escape, k.starts))})[{k.chars}]*" for k in KINDS) + r")\Z"
)
_KEY_NAME: Final = re.compile(r"[A-Z ]{0,40}-{0,4}")
_KEY_END: Final = re.compile(r"-----END [A-Z ]{0,40}-----")
CONTEXT: Final = max(len(start) for start in _HINTS)
"""Characters before a text that may belong to the beginning of a secret in it; the beginnings themselves are public."""

LABEL: Final = re.compile(r"\[masked [a-z-]+ [0-9a-f]{8}\]")
"""What stands where a secret was."""


@dataclass(frozen=True, slots=True)
class Span:
    """One secret in a text: from `start` to before `end`, and what is to stand there."""

    start: int
    end: int
    label: str


def may_hold(*texts: str) -> bool:
    """Whether any of the texts has the beginning of a format; most have not, and this is the quick way to know."""
    if len(texts) >= _MANY:
        return bool(
            pc.any(pc.match_substring_regex(pa.array(texts, pa.large_string()), pattern=_HINT_OF_ARROW)).as_py()
        )
    for text in texts:  # noqa: SIM110 - a generator costs a third more, and most calls have one text
        if _HINT.search(text):
            return True
    return False


def find(text: str) -> list[Span]:
    """The secrets in a text, in order; O(n).

    Args:
        text: plain or JSON; the formats have no character that JSON escapes, but for the lines of a private key.
    """
    if not may_hold(text):
        return []
    return [Span(found.start(), found.end(), _label(found)) for found in _SECRET.finditer(text)]


def mask(text: str) -> tuple[str, int]:
    """The text with its secrets masked, and how many there were."""
    spans = find(text)
    for span in reversed(spans):
        text = text[: span.start] + span.label + text[span.end :]
    return text, len(spans)


def unfinished(text: str) -> bool:
    """Whether a secret has begun at the end of the text that may go on in what follows.

    Args:
        text: what has come so far; only its last 16,384 characters are looked at.
    """
    tail = text[-LONGEST:]
    begin = tail.rfind(_BEGIN)
    if begin >= 0 and _key_goes_on(tail[begin:]):
        return True
    word = max(tail.rfind(" "), tail.rfind("\n"), tail.rfind("\t")) + 1
    near = tail[max(0, word - CONTEXT) :]
    return may_hold(near) and _UNFINISHED.search(near) is not None


def _key_goes_on(text: str) -> bool:
    """Whether a text that starts as a private key does has come to neither its end nor the end of its name."""
    name_end = text.find("-----", len(_BEGIN))
    if name_end < 0:
        return _KEY_NAME.fullmatch(text, len(_BEGIN)) is not None
    return "PRIVATE KEY" in text[:name_end] and _KEY_END.search(text, name_end + 5) is None


def _label(found: re.Match[str]) -> str:
    name = PRIVATE_KEY if found["pem"] is not None else KINDS[int((found.lastgroup or "k0")[1:])].name
    digest = hashlib.sha256(found.group().encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"[masked {name} {digest}]"
