"""Code made to be slow to colour: runs of what a lexer's patterns look out for."""

# ruff: noqa: E501 - tables of cases, one a line

_PIECES = [
    "a", "1", " ", "\n", "\t", "(", ")", "{", "[", "<", "<a ", "<!--", "</", '"', "'", "`", "/*", "/* ", "//", "#", "#{", "${", "$", "$(", "@", "%", "%{",
    "\\", "\\\n", "-", "--", "=", "==", ";", ":", "::", ".", "..", ",", "|", "&", "&a", "*", "**", "a.", "a(", "a::", "a<", "a b ", "a = ", "1.", "1e", "0x",
    '"""', "'''", "<<A\n", "<<", "<?", "<?php ", "<%", "<script>", "<style>", "if ", "end\n", "begin ", "def a", "fn ", "class a", "a: ", "- ", "a:\n  ", "[[", "{{",
    "{%", "(*", "{-", "--[[", "--[==[", "r#", 'r"', "'a", "\\u", "\\(", "%(", "q{", "=begin\n", "E'", "@a(", "#define a\\\n", "$ a\n", ">>> a\n", "a;\n", "é", "<a b=", "]]",
]  # fmt: skip


LINE = 290  # the longest that is coloured, nearly


def hostile_code(size: int) -> list[str]:
    runs = [_lines(piece) * (size // len(_lines(piece)) + 1) for piece in _PIECES]
    made = [*runs, *("a" + run for run in runs), *(run[: size - 2] + "\n!" for run in runs)]
    return [one[:size] for one in made]


def _lines(piece: str) -> str:
    if "\n" in piece:
        return piece if piece.strip() else piece * 5 + "x"
    return piece * (LINE // len(piece)) + "\n"
