"""History in and out: files that other programs read, and what other programs wrote.

| out (`export_history`) | holds |
|---|---|
| `.parquet` | the log, one row a message, zstd; the agents in the file's own metadata |
| `.jsonl` | per agent one line, then its messages, a line each, the source as received included |
| `.md`, `.html` | the transcripts, as read; the HTML is one file that runs and fetches nothing |
| `.csv` | the transcripts, a row a block; what a spreadsheet would take for a formula is text |

The first two come back as they were (`import_history`), and so do other stores, JSON lines of any agent, and the
session files of Claude Code. What is imported twice is there once.
"""

from nbstream.exchange.reading import Imported, import_history
from nbstream.exchange.writing import export_history, log_hash

__all__ = ["Imported", "export_history", "import_history", "log_hash"]
