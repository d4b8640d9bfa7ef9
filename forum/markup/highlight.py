"""Source code as Pygments' classes, from a short list of languages.

Pygments has 500 languages, and many take seconds over hostile input (C# 2.8 s for 8 KB
of "end"). So blocks, lines, spans and time are bounded; past a bound code is shown plain.
"""

import re
import threading
import time
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String, _TokenType

MAX_HIGHLIGHTED = 8 * 1024
MAX_RUNS = 4_000
MAX_SECONDS = 0.1  # of processor time a block; a thousand ordinary lines take less
# fmt: off
LANGUAGES = frozenset({
    "apache", "awk", "bash", "bat", "c", "clojure", "cmake", "console", "cpp", "csharp", "css", "dart", "diff",
    "docker", "elixir", "elm", "erlang", "fsharp", "go", "graphql", "groovy", "haskell", "hcl", "html", "http",
    "ini", "java", "javascript", "json", "jsx", "julia", "kotlin", "less", "lua", "make", "matlab", "nginx",
    "nix", "objective-c", "ocaml", "perl", "php", "postgresql", "powershell", "prolog", "properties",
    "protobuf", "pycon", "python", "r", "rst", "ruby", "rust", "scala", "scheme", "scss", "sql", "swift",
    "terraform", "tex", "toml", "typescript", "vbnet", "vim", "xml", "yaml", "zig",
})
# fmt: on
_ALIASES = {
    "c#": "csharp",
    "c++": "cpp",
    "cs": "csharp",
    "dockerfile": "docker",
    "golang": "go",
    "h": "c",
    "hpp": "cpp",
    "hs": "haskell",
    "js": "javascript",
    "kt": "kotlin",
    "latex": "tex",
    "makefile": "make",
    "node": "javascript",
    "objc": "objective-c",
    "patch": "diff",
    "pl": "perl",
    "ps1": "powershell",
    "py": "python",
    "python3": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "bash",
    "shell": "bash",
    "shell-session": "console",
    "svg": "xml",
    "ts": "typescript",
    "tsx": "typescript",
    "yml": "yaml",
    "zsh": "bash",
}
# Many a lexer takes time with the square of a line, or of a run of empty ones: minified code stays plain.
_TIRESOME = re.compile(r"[^\n]{300}|(?:\n[ \t]*){12}")
# The classes that static/css/code.css colours, each with all kinds below it: the fewer spans, the less to sanitise.
_CLASSES = {
    Comment: "c",
    Comment.Preproc: "cp",
    Generic.Deleted: "gd",
    Generic.Emph: "ge",
    Generic.Error: "gr",
    Generic.Heading: "gh",
    Generic.Inserted: "gi",
    Generic.Output: "go",
    Generic.Prompt: "gp",
    Generic.Strong: "gs",
    Generic.Subheading: "gu",
    Generic.Traceback: "gt",
    Keyword: "k",
    Literal: "l",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nc",
    Name.Constant: "no",
    Name.Decorator: "nd",
    Name.Exception: "ne",
    Name.Function: "nf",
    Name.Tag: "nt",
    Name.Variable: "nv",
    Number: "m",
    Operator.Word: "ow",
    String: "s",
    String.Escape: "se",
}
TOKEN_CLASSES = frozenset(_CLASSES.values())


def highlight(code: str, language: str) -> str:
    """HTML of the code, with a span for each coloured token where the language is known; escaped in any case."""
    name = _ALIASES.get(language.lower(), language.lower())
    if name not in LANGUAGES or _TIRESOME.search(code):
        return escape_text(code)
    lexer = _lexers.get(name)
    stop = time.thread_time() + MAX_SECONDS
    runs: list[tuple[str, list[str]]] = [("", [])]
    for kind, value in lexer.get_tokens(code):
        css = _css_class(kind)
        if css != runs[-1][0]:
            runs.append((css, []))
        runs[-1][1].append(value)
        if len(runs) > MAX_RUNS or time.thread_time() > stop:
            return escape_text(code)
    return "".join(_span(css, escape_text("".join(values))) for css, values in runs)


def _span(css: str, text: str) -> str:
    return f'<span class="{css}">{text}</span>' if css else text


class _Lexers(threading.local):
    """Made once a thread: some keep state, and making one takes longer than reading ten lines."""

    def __init__(self) -> None:
        self._made: dict[str, Lexer] = {}

    def get(self, name: str) -> Lexer:
        if name not in self._made:
            self._made[name] = get_lexer_by_name(name, stripnl=False, ensurenl=False)
        return self._made[name]


_lexers = _Lexers()


def escape_text(text: str) -> str:
    """Escape as CommonMark does: the single quote stays."""
    return escape(text, quote=False).replace('"', "&quot;")


def _css_class(kind: _TokenType) -> str:
    step: _TokenType | None = kind
    while step is not None:
        if css := _CLASSES.get(step):
            return css
        step = step.parent
    return ""
