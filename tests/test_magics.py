"""The magics in a real IPython shell: what a cell says, shows and leaves behind."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import nbstream as nbs
from nbstream.magics import bound
from nbstream.service import close_all


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell of its own with the extension loaded, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("NBSTREAM_STORE", raising=False)
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    shell.run_line_magic("load_ext", "nbstream")
    yield shell
    close_all()


@pytest.fixture
def recorded(shell):
    """The default store, with one agent in it."""
    agent = nbs.launch("What does note.txt say?", nbs.ReplaySource("claude-tool"))
    agent.wait(30)
    return agent


def test_agent_launches_shows_and_binds(shell, capsys) -> None:
    shell.user_ns["source"] = nbs.ReplaySource("claude-tool")
    shell.run_cell_magic("agent", "reader --source source", "What does note.txt say?\n")
    agent = shell.user_ns["reader"]
    assert agent.wait(30) == "completed"
    assert agent.record.prompt == "What does note.txt say?"
    assert f"nbstream agent {agent.id}" in capsys.readouterr().out


def test_agent_takes_the_name_agent_a_model_and_a_store(shell, tmp_path, capsys) -> None:
    shell.user_ns["source"] = nbs.ReplaySource("claude-tool")
    shell.run_cell_magic("agent", "--source source --model tiny --store other.duckdb", "Hello")
    agent = shell.user_ns["agent"]
    agent.wait(30)
    assert agent.store.path == tmp_path / "other.duckdb"
    assert agent.record.source == "recording"


def test_an_agent_without_a_prompt_or_with_no_such_source_is_one_sentence(shell) -> None:
    with pytest.raises(UsageError, match="expected the prompt"):
        shell.run_cell_magic("agent", "", "  \n")
    with pytest.raises(UsageError, match="no-such-source"):
        shell.run_cell_magic("agent", "--source no-such-source", "Hello")
    with pytest.raises(UsageError, match="name of a variable"):
        shell.run_cell_magic("agent", "2nd", "Hello")


def test_agents_lists_the_newest_first(shell, recorded) -> None:
    second = nbs.launch("And again?", nbs.ReplaySource("claude-tool"))
    second.wait(30)
    frame = shell.run_line_magic("agents", "")
    assert list(frame["id"]) == [str(second.id), str(recorded.id)]
    assert len(shell.run_line_magic("agents", "--last 1")) == 1
    assert len(shell.run_line_magic("agents", "--status running")) == 0


def test_nbsql_gives_a_frame_or_binds_it(shell, recorded) -> None:
    frame = shell.run_cell_magic("nbsql", "", "SELECT count(*) AS n FROM agents")
    assert isinstance(frame, pd.DataFrame)
    assert frame["n"].to_list() == [1]
    assert shell.run_cell_magic("nbsql", "rows", "SELECT 1 AS one") is None
    assert shell.user_ns["rows"]["one"].to_list() == [1]


def test_nbsql_takes_variables(shell, recorded) -> None:
    shell.user_ns |= {"run": recorded, "kinds": ("tool", "user"), "least": 2}
    query = """
        SELECT type, count(*)::INT AS n, '$no :no' AS text -- $no
        FROM agent_messages WHERE agent_id = $run::UUID AND list_contains(:kinds, type) AND sequence_number >= :least
        GROUP BY ALL ORDER BY 1
    """
    frame = shell.run_cell_magic("nbsql", "", query)
    assert set(frame["type"]) <= {"tool", "user"}
    assert len(frame) > 0
    assert set(frame["text"]) == {"$no :no"}


def test_nbsql_says_what_is_wrong_in_a_sentence(shell, recorded) -> None:
    with pytest.raises(UsageError, match="expected a variable nothing, there is none"):
        shell.run_cell_magic("nbsql", "", "SELECT $nothing")
    with pytest.raises(UsageError, match=r"cannot answer this query.*no_such_table"):
        shell.run_cell_magic("nbsql", "", "SELECT * FROM no_such_table")
    with pytest.raises(UsageError, match="expected a SELECT, got DELETE"):
        shell.run_cell_magic("nbsql", "", "DELETE FROM agents")


def test_nbsql_reads_the_store_of_a_variable_or_a_file(shell, tmp_path) -> None:
    shell.user_ns["mine"] = nbs.connect("mine.duckdb")
    assert shell.run_cell_magic("nbsql", "--store mine", "SELECT count(*) AS n FROM agents")["n"].to_list() == [0]
    shell.run_cell_magic("nbsql", "--store third.duckdb", "SELECT 1")
    assert (tmp_path / "third.duckdb").exists()
    assert not (tmp_path / "nbstream.duckdb").exists()


@pytest.mark.parametrize(
    ("query", "names", "becomes"),
    [
        ("SELECT $a", ["a"], "SELECT $a"),
        ("SELECT :a, (:b)", ["a", "b"], "SELECT $a, ($b)"),
        ("SELECT x::INT, '1:a', \":a\", /* :a */ 1 -- :a", [], None),
        ("SELECT l[1:a], {'k':a}", [], None),
        ("SELECT 'it''s :a', :a", ["a"], "SELECT 'it''s :a', $a"),
        ("SELECT x WHERE y>=:a", ["a"], "SELECT x WHERE y>=$a"),
    ],
)
def test_parameters_are_found_outside_texts_casts_and_slices(query, names, becomes) -> None:
    found, values = bound(query, {"a": 1, "b": 2})
    assert found == (query if becomes is None else becomes)
    assert sorted(values) == names


@pytest.mark.parametrize("magic", ["agent", "agents", "nbsql"])
def test_help_says_what_it_takes(shell, magic) -> None:
    kind = "line" if magic == "agents" else "cell"
    function = shell.find_magic(magic, kind)
    assert "--store" in function.__doc__
    assert function.__doc__.strip().startswith(("::", "%"))
