"""Secrets are found in whole texts, with nothing else taken for one."""

from __future__ import annotations

import json

import pytest

from nbstream.secrets import KINDS, LABEL, find, mask, may_hold, unfinished
from planted import heart, planted

SECRETS = planted(seed=7)


def test_there_are_thirty_kinds_and_each_name_is_what_its_label_says():
    assert len({kind.name for kind in KINDS}) >= 29
    for kind in KINDS:
        assert LABEL.fullmatch(f"[masked {kind.name} 01234567]")


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:12])
def test_a_secret_is_masked_in_text_json_and_code(secret):
    shapes = [
        secret,
        f"key: {secret}.",
        f'token="{secret}"',
        f"({secret})",
        json.dumps({"a": f"\n{secret}\t"}),
        f"x\n{secret}\n",
    ]
    shapes.append(json.dumps({"input": json.dumps({"command": f"export KEY='{secret}'"})}))
    for shape in shapes:
        masked, count = mask(shape)
        assert count == 1, shape
        assert heart(secret) not in masked
        assert len(LABEL.findall(masked)) == 1


@pytest.mark.parametrize(("secret", "other"), list(zip(SECRETS, planted(seed=8), strict=True)))
def test_one_secret_seen_twice_is_seen_to_be_one(secret, other):
    first, second, third = LABEL.findall(mask(f"{secret} and {secret} or {other}")[0])
    assert first == second != third


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn, scikit-learn and task-force-one-two-three-four-five",
        "the hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "0199a3c2-7d11-7aa0-8f3e-1b2c3d4e5f60",
        "ghp_short and npm_config_registry and hf_hub_download and SG.something",
        "-----BEGIN CERTIFICATE-----\nMIIabc\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIabc\n-----END PUBLIC KEY-----",
        "AKIA is a prefix; Bearer of good news; eyJ opens a token",
        "toolu_01A09q90qw90lq917835lq9 msg_01XFDUDYJgAACzvnptvVoYEL req_011CSHoEeqs5C35K2UUqR7Fy",
        "call_abcdefghijklmnopqrstuvwx chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "https://example.org/a/b?c=d#e",
    ],
)
def test_what_is_no_secret_stays(text):
    assert mask(text) == (text, 0)


def test_a_beginning_is_known_before_the_secret_is_whole():
    for secret in SECRETS:
        start = next((start for kind in KINDS for start in kind.starts if secret.startswith(start)), "-----BEGIN ")
        for end in range(len(start), len(secret)):
            assert unfinished(f"it is {secret[:end]}"), secret[:end]
        assert not unfinished(f"it is {secret}\nand more")


def test_many_texts_are_looked_at_as_one_is():
    plain = ["nothing here", 'line\n"quoted" \\ ü 漢 \U0001f600', ""] * 100
    assert not may_hold(*plain)
    for secret in SECRETS:
        assert may_hold(*plain, f"x {secret}")
        assert may_hold(f"x {secret}")


STARTS = ["-----BEGIN ", *(start for kind in KINDS for start in kind.starts)]


@pytest.mark.parametrize("start", STARTS)
def test_every_beginning_is_seen_wherever_it_stands_and_no_part_of_it_is_taken_for_it(start):
    plain = ["nothing here"] * 200
    for text in (start, f"{start}x", f"it is {start}", f'{{"a": "\\n{start}0"}}', start + start):
        assert may_hold(text), text
        assert may_hold(*plain, text), text
    for part in (start[:-1], start[1:]):
        assert may_hold(part) is may_hold(*plain, part) is any(other in part for other in STARTS), part


def test_a_text_of_beginnings_alone_takes_linear_time():
    text = "sk-" * 100_000 + " eyJ" * 100_000 + "-----BEGIN RSA PRIVATE KEY-----" * 2000
    assert find(text) == []
    assert unfinished(text)
