import pytest

from tools.builtin.syntax import syntax_problem

GOOD = {
    "a.py": "def f() -> str:\n    return 'ü'\n",
    "new.py": "type X = int\nprint(f'{a['b']}')\n",
    "old.py": "print 'a'\n",
    "a.json": '{"a": [1, 2]}',
    "tsconfig.json": '{"a": 1,}',
    "a.toml": "[a]\nb = 1\n",
    "a.yaml": "a:\n  - b\n---\nc: 1\n",
    "chart.yml": "a: {{ .Values.a }}\n{{- if .b }}\n",
    "a.js": "const a = <b>1</b>;\n",
    "a.ts": "const a: number = 1;\n",
    "a.tsx": "const a = <B c={1} />;\n",
    "a.sh": 'for a in 1 2; do echo "$a"; done\n',
    "a.txt": "def (\n",
    "empty.py": "",
}
BAD = {
    "a.py": ("def f(:\n    return 1\n", "line 1"),
    "b.py": ("x = 1\ndef f():\nreturn 1\n", "line 3"),
    "c.py": ("x = 1\n\nprint((2)\n", "line 3"),
    "a.json": ('{"a": 1,\n "b": }', "line 2"),
    "a.toml": ("[a]\nb = 1\nb = 2\n", "line 3"),
    "a.yaml": ("a: [1, 2\nb: 3\n", "line"),
    "a.js": ("function f( { return 1 }\n", "line 1"),
    "a.ts": ("const a: = 1;\n", "line 1"),
    "a.sh": ("if true; then\n  echo 1\n", "line"),
}


@pytest.mark.parametrize("path", GOOD)
def test_what_parses_or_cannot_be_judged_is_no_problem(path: str) -> None:
    assert syntax_problem(path, GOOD[path]) == ""


@pytest.mark.parametrize("path", BAD)
def test_what_does_not_parse_is_named_with_its_line(path: str) -> None:
    text, where = BAD[path]
    assert where in syntax_problem(path, text)


@pytest.mark.parametrize("path", ["a.py", "a.json", "a.yaml", "a.js", "a.ts", "a.sh"])
@pytest.mark.slow
def test_a_text_that_is_hard_to_parse_ends_in_bounded_time(path: str) -> None:
    syntax_problem(path, "({[<'" * 8_000)
    syntax_problem(path, "’“ü\udc80" * 20_000)
