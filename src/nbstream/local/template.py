"""How the default model is told of tools: its own chat template passes over them.

With it llama.cpp knows how calls are written, and turns them into each protocol's own.
"""

from __future__ import annotations

from typing import Final

CHATML_WITH_TOOLS: Final = """\
{%- if messages[0]['role'] == 'system' -%}
{%- set system = messages[0]['content'] -%}{%- set rest = messages[1:] -%}
{%- else -%}
{%- set system = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face' -%}{%- set rest = messages -%}
{%- endif -%}
{{- '<|im_start|>system\\n' + system -}}
{%- if tools -%}
{{- '\\nYou have these tools:' -}}
{%- for tool in tools -%}{{- '\\n' + tool | tojson -}}{%- endfor -%}
{{- '\\nTo use a tool, answer with <tool_call>' -}}
{{- '{"name": ..., "arguments": {...}}</tool_call>' -}}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- for message in rest -%}
{%- if message['role'] == 'tool' -%}
{{- '<|im_start|>tool\\n' + message['content'] + '<|im_end|>\\n' -}}
{%- else -%}
{{- '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') -}}
{%- for call in message['tool_calls'] or [] -%}
{%- set function = call['function'] -%}
{%- set given = function['arguments'] if function['arguments'] is string else function['arguments'] | tojson -%}
{{- '<tool_call>\\n{"name": "' + function['name'] + '", "arguments": ' + given + '}\\n</tool_call>' -}}
{%- endfor -%}
{{- '<|im_end|>\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""
"""ChatML with calls as `<tool_call>`. A file that a person names keeps its own template."""
