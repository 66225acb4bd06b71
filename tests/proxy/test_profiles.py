"""What may reach a command line and an environment, and what may not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbstream.cli import main
from nbstream.errors import ProgramNotFound
from nbstream.parsers.lookup import parser_named
from nbstream.proxy import Profile
from nbstream.proxy.profiles import ArgumentRefused, ProfileInvalid
from nbstream.proxy.programs import CODEX, GEMINI_CLI, OPENCODE, PROGRAMS, builtin_profiles
from nbstream.proxy.settings import load_settings
from nbstream.sources import source_named

SESSION = "a29ab6c4-3535-42bc-8d2e-24b55db68d67"
CLAUDE = next(profile for profile in builtin_profiles() if profile.name == "claude")
SESSIONS = {"opencode": "ses_dfc1190f4ffemJjoGF01UNnxpN"}
BASE = ["claude", "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]


def test_the_command_of_claude():
    assert CLAUDE.command() == BASE
    assert CLAUDE.command(session_id=SESSION) == [*BASE, "--resume", SESSION]
    assert CLAUDE.command(model="opus", session_id=SESSION) == [*BASE, "--model", "opus", "--resume", SESSION]


@pytest.mark.parametrize(
    "model", ["opus", "claude-sonnet-4-5@20260101", "us.anthropic.claude:0", "a/b/c", "x" * 100, "https://host/m"]
)
def test_model_names_that_pass(model):
    assert CLAUDE.command(model=model)[-1] == model


@pytest.mark.parametrize(
    "model",
    [
        "",
        "-p",
        "--dangerously-skip-permissions",
        "a b",
        "a\n",
        "a\0",
        "x" * 101,
        "a;b",
        "$(id)",
        "a=b",
        "\u202eopus",
        "{model}",
        "\uff41",
    ],
)
def test_model_names_that_do_not(model):
    with pytest.raises(ArgumentRefused):
        CLAUDE.command(model=model)


@pytest.mark.parametrize(
    "session_id",
    ["", "latest", f"-{SESSION[1:]}", f"{SESSION}\n", f" {SESSION}", SESSION[:-1], "--resume", f"{SESSION}x"],
)
def test_session_ids_that_do_not(session_id):
    with pytest.raises(ArgumentRefused):
        CLAUDE.command(session_id=session_id)


@pytest.mark.parametrize("profile", PROGRAMS, ids=lambda profile: profile.name)
def test_no_value_of_a_request_becomes_a_flag_of_a_program(profile):
    session = SESSIONS.get(profile.name, SESSION)
    plain = profile.command()
    assert profile.command(session_id=session, model="a/b")[: len(plain)] == plain, "the constant part stands first"
    assert profile.command(session_id=session)[len(plain) :].count(session) == 1
    for value in (
        "-",
        "--",
        "-c",
        "--dangerously-bypass-approvals-and-sandbox",
        "--yolo",
        f"-{session}",
        f"{session} -c",
    ):
        with pytest.raises(ArgumentRefused):
            profile.command(session_id=value)
        with pytest.raises(ArgumentRefused):
            profile.command(model=value)
    for value in ("latest", "5", "../x", f"{session}\n", ""):
        with pytest.raises(ArgumentRefused):
            profile.command(session_id=value)


@pytest.mark.parametrize(
    ("profile", "more"),
    [
        (CODEX, ["--model", "m", "resume", SESSION, "-"]),
        (GEMINI_CLI, ["--model", "m", "--resume", SESSION]),
        (OPENCODE, ["--model", "m", "--session", SESSIONS["opencode"]]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_command_of_a_session_that_goes_on(profile, more):
    session = SESSIONS.get(profile.name, SESSION)
    assert profile.command(session_id=session, model="m") == [*profile.argv, *more]


def test_the_programs_have_names_of_wire_formats_that_exist():
    for profile in PROGRAMS:
        assert parser_named(profile.parser)


def test_the_sources_name_the_profiles_and_their_wire_formats():
    profiles = {profile.name: profile.parser for profile in PROGRAMS}
    sources = [source_named(name) for name in profiles]
    assert {s.describe()["options"]["profile"]: s.parser for s in sources} == profiles


def test_the_page_and_the_help_list_every_profile(capsys):
    page = (Path(__file__).parents[2] / "docs" / "proxy.md").read_text("utf-8")
    with pytest.raises(SystemExit):
        main(["proxy", "--help"])
    told = capsys.readouterr().out
    for profile in PROGRAMS:
        assert f"| `{profile.name}` | `{' '.join(profile.argv)}` |" in page
        assert profile.name in told


def test_a_loose_pattern_of_a_users_profile_still_lets_no_flag_pass():
    loose = Profile(name="x", argv=("x",), model_args=("--model={model}", "{model}"), model_pattern="(?s).*")
    assert loose.command(model="a b") == ["x", "--model={model}", "a b"], "only a whole argument is replaced"
    for model in ("-rf", "--", "a\nb", "a\0b"):
        with pytest.raises(ArgumentRefused):
            loose.command(model=model)


def test_a_profile_without_arguments_refuses_them():
    plain = Profile(name="x", argv=("x",))
    with pytest.raises(ArgumentRefused, match="takes no model"):
        plain.command(model="m")
    with pytest.raises(ArgumentRefused, match="takes no session_id"):
        plain.command(session_id=SESSION)


@pytest.mark.parametrize(
    "name", ["JPY_API_TOKEN", "JUPYTER_TOKEN", "AWS_PROFILE", "GITHUB_TOKEN", "GH_TOKEN", "NBSTREAM_RUN"]
)
def test_names_that_are_never_passed_on(name):
    with pytest.raises(ProfileInvalid, match=name):
        Profile(name="x", argv=("x",), env=(name,))


def test_the_environment_is_an_allowlist():
    environ = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "EDITOR": "vi",
        "ANTHROPIC_API_KEY": "k",
        "OPENAI_API_KEY": "o",
        "JUPYTER_TOKEN": "t",
    }
    assert Profile(name="x", argv=("x",)).environment(environ) == {"PATH": "/bin", "HOME": "/h", "LC_ALL": "C"}
    assert CLAUDE.environment(environ)["ANTHROPIC_API_KEY"] == "k"
    assert Profile(name="x", argv=("x",)).environment({}) == {"PATH": os.defpath}


def test_an_absent_program_says_how_to_get_it():
    with pytest.raises(ProgramNotFound, match="npm install -g"):
        CLAUDE.check_installed({"PATH": "/nowhere"})


@pytest.mark.parametrize("argv", [(), ("",), ("a", ""), "sh"])
def test_a_command_is_a_list_of_texts(argv):
    with pytest.raises(ProfileInvalid):
        Profile(name="x", argv=argv)


def test_a_configuration(tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "one.jsonl").write_text("{}")
    config = tmp_path / "proxy.toml"
    config.write_text(
        'default = "mine"\nrecordings = "recordings"\npace = "own"\n[limits]\nmax_runs = 3\n'
        '[profiles.mine]\ncommand = ["x", "--json"]\ncwd = "work"\nenv = ["KEY"]\nparser = "codex"\n'
    )
    settings = load_settings(config)
    assert list(settings.profiles) == ["mine", "claude", "codex", "gemini-cli", "opencode", "replay", "replay:one"]
    mine = settings.profiles["mine"]
    assert (mine.argv, mine.cwd, mine.env, mine.parser) == (("x", "--json"), tmp_path / "work", ("KEY",), "codex")
    assert settings.profiles["replay:one"].argv[-2:] == (str(tmp_path / "recordings" / "one.jsonl"), "own")
    assert settings.limits.max_runs == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[limits]\nmax_run = 3", "max_run"),
        ("[profiles.x]\ncommand = ['x']\nshell = true", "shell"),
        ("[profiles.x]\n", "'x'"),
        ("[profiles.x]\ncommand = 'sh -c x'", "'x'"),
        ("default = 'y'", "'y'"),
        ("defaul = 'y'", "defaul"),
        ("[profiles.x]\ncommand = ['x']\nenv = 'KEY'", "env"),
        ("[profiles.x]\ncommand = ['x']\nenv = [7]", "env"),
        ("[profiles.x]\ncommand = ['x']\nmodel_pattern = '('", "model_pattern"),
        ("[profiles.x]\ncommand = ['x']\nparser = 7", "parser"),
        ("profiles = 3", "profiles"),
        ("[limits]\nmax_runs = '3'", "max_runs"),
        ("[limits]\nmax_runs = true", "max_runs"),
        ("[limits]\nsend_timeout = -1", "send_timeout"),
        ("pace = 'fast'", "pace"),
        ("recordings = 7", "recordings"),
        ("[[[", "TOML"),
    ],
)
def test_configurations_that_are_refused(tmp_path, text, named):
    config = tmp_path / "proxy.toml"
    config.write_text(text)
    with pytest.raises(ProfileInvalid, match=named):
        load_settings(config)
