"""Inputs made to be slow: each fills the source limit."""

# ruff: noqa: E501 - tables of cases, one a line

from collections.abc import Callable

from forum.markup import MAX_SOURCE_BYTES

SIZE = MAX_SOURCE_BYTES


def fill(piece: str, *, head: str = "", tail: str = "") -> str:
    room = SIZE - len(head.encode()) - len(tail.encode())
    return head + piece * (room // len(piece.encode())) + tail


def numbered(make: Callable[[int], str], *, head: str = "", tail: str = "") -> str:
    parts = [head]
    size, number = len(head.encode()) + len(tail.encode()), 0
    while size + len(piece := make(number).encode()) <= SIZE:
        parts.append(piece.decode())
        size, number = size + len(piece), number + 1
    return "".join([*parts, tail])


def both(left: str, right: str, *, middle: str = "x", count: int | None = None) -> str:
    times = (SIZE - len(middle)) // len(left + right) if count is None else count
    return left * times + middle + right * times


def staircase(marker: str) -> str:
    return numbered(lambda n: " " * (2 * n) + marker + " a\n")


_BLOCKS = [
    ">",
    "> ",
    "* ",
    "- ",
    "1. ",
    "> - ",
    "- > ",
    "> 1. ",
    "#",
    "# ",
    "\n",
    "    ",
    "\t",
    "- \n",
    ">\n",
    "---\n",
    "a\n---\n",
]
_RUNS = [
    "*", "**", "_", "__", "~", "~~", "`", "``", "[", "]", "![", "![l", "![]", "[]", "[]()", "[a](", "[a](<", "[a](b", "![a](b",
    "[a](b)", "![a](b)", "[a][", "[a][b]", "<", "</", "<!", "<!--", "<!-->", "<?", "<![CDATA[", "<a", "<a ", "<a>", "<b>", "<i><b>",
    "</b>", "<p>", "</p>", "<br>", "<div>", "<table>", "<table><tr><td>", "<li>", "<ul><li>", "<details>", "<b><p>", "<p><b>", "<a><p>",
    "<a href=x>", "<b></i>", "<b><i></b></i>", "<b><p></b>", "<font><p></font>", "<svg>", "<math>", "<script>", "<select><option>", "<!x>",
    "&", "&amp;", "&#0;", "&#x10ffff;", "&CounterClockwiseContourIntegral;", "&a", "&#", "\\", "\\\\", "\\*", "@", "@a", "@abc ", "a@", "a@b.cc ",
    "a@b.", "@abc@", "http://", "http://a ", "http://a.b/(", "www.", "www.a.", "www.a ", "https://a.b ", "mailto:", "mailto:a@b.c ", ":", "w", "ww",
    "*a ", "**a ", "a* ", "*a**b", "_a __b ", "*a_ ", "**x* ", "a**b*c ", "~a ~~b ", "*a ~b _c ", "`a ``b ", "[*a](b) ", "*[a](b*", "[a]: b\n", "[a]:\n",
    "[a]: <\n", "|", "|\n", "|-", "|-|\n", "a|b\n", "| - \n", "<b a=b ", "x<y ", '"', "'", "(", ")", "é", "𝒜", "🍄", "\u202e", " ", "  \n", "\\\n", "- [ ] a\n", "- [x] \n",
    "```\n", "```a\n```\n", "~~~\n", "<pre>\n", "<div>\n\n", "<div>\n", "</div>\n\n", "<details>\n\n", "<b>x</b>", "<a href='x'>y</a>", "<input type=checkbox>", "<img src=/x>",
    "![[", "[![", "[![a](b)](c) ", "!", "a ", "a\n", "<!--a-->", "<a b=\"", "<a b='", "<a/", "<ruby><rt>", "<h1>", "<h1>a</h1>", "<dl><dt><dd>", "&lt;",
]  # fmt: skip


def table(columns: int, rows: int) -> str:
    return ("|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "|b\n" * rows)[:SIZE]


def hostile() -> dict[str, str]:
    made = {f"run of {piece!r}": fill(piece) for piece in [*_RUNS, *_BLOCKS]}
    made |= {f"run of {piece!r} after text": fill(piece, head="a") for piece in _RUNS}
    made |= {f"lines of {piece!r}": fill(piece + "\n\n") for piece in _RUNS if len(piece) > 2}
    for left, right in [
        ("[", "](a)"), ("![", "](a)"), ("[", "]"), ("(", ")"), ("*a ", " a*"), ("**a ", " a**"), ("*a **b ", " b** a*"), ("_a ", " a_"), ("~a ", " a~"),
        ("<b>", "</b>"), ("<div>", "</div>"), ("<b><i>", "</b></i>"), ("<ul><li>", "</li></ul>"), ("<table><tr><td>", "</td></tr></table>"), ("<details>\n\n", "</details>\n\n"),
        ("<a href=x>", "</a>"), ("[a", "](<b>)"), ("[![", "](a)](b)"), ("`", "`"), ("<span>", "</span>"), ("![", "][a]"),
    ]:  # fmt: skip
        made[f"nest of {left!r} {right!r}"] = both(left, right)
        for depth in (20, 45, 60, 100):
            nest = both(left, right, count=depth)
            made[f"nests {depth} deep of {left!r} {right!r}"] = fill(nest + " ") if len(nest) < SIZE else nest
            made[f"paragraphs nested {depth} deep of {left!r} {right!r}"] = (
                fill(nest + "\n\n") if len(nest) < SIZE else nest
            )
    made |= {
        "staircase of bullets": staircase("-"),
        "staircase of numbers": staircase("1."),
        "staircase of quotes": staircase(">"),
        "quotes growing": numbered(lambda n: ">" * n + " a\n"),
        "quotes growing and falling": numbered(lambda n: ">" * (n % 23) + " a\n"),
        "lists at the deepest": fill("".join("  " * n + "- a\n" for n in range(11))),
        "quotes at the deepest": fill(">" * 22 + " a\n\n"),
        "backticks of every length": numbered(lambda n: "`" * n + " "),
        "tildes of every length": numbered(lambda n: "~" * n + "a "),
        "stars of every length": numbered(lambda n: "*" * n + "a "),
        "stars and underscores": numbered(lambda n: "*" * (n % 7) + "a" + "_" * (n % 5) + " "),
        "headings of every level": fill("# a\n## a\n### a\n#### a\n##### a\n###### a\n"),
        "attributes": numbered(lambda n: f" a{n}", head="<b", tail=">x</b>"),
        "attributes of a block": numbered(lambda n: f" a{n}=1", head="<div", tail=">x</div>"),
        "attributes with brackets": numbered(lambda n: f' a{n}=">"', head="<div", tail=">x</div>"),
        "attributes left open": numbered(lambda n: f" a{n}=1", head="<div"),
        "tags left open in paragraphs": fill("<p>a", head="<p><b><i><u><s><em><strong><code><sup><sub><kbd>" * 3),
        "different tags left open": numbered(lambda n: f"<a title={n}><b title={n}><p>"),
        "titled spans left open": numbered(lambda n: f"<abbr title={n}>"),
        "titled spans in paragraphs": numbered(lambda n: f"<abbr title={n}>a\n\n"),
        "block of spans then paragraphs": fill("<p>a", head="<div>" + "".join(f"<abbr title={n}>" for n in range(50))),
        "foster parents": fill("<b>x</b><tr>", head="<table>"),
        "foster paragraphs": fill("a\n\n", head="<table>\n\n"),
        "definitions": numbered(lambda n: f"[a{n}]: b\n"),
        "definitions used": numbered(lambda n: f"[a{n}]: b\n\n[a{n}] "),
        "one definition used": fill("[a] ", tail="\n\n[a]: b\n"),
        "one long definition used": fill("[a]", tail="\n\n[a]: http://" + "b" * 2000 + "\n"),
        "one image used": fill("![a]", tail="\n\n[a]: http://b.example/" + "b" * 400 + "\n"),
        "one title used": fill("[a]", tail='\n\n[a]: b "' + "c" * 900 + '"\n'),
        "long label": "[" + "a" * (SIZE - 10) + "](b)",
        "long alt": "![" + "a" * (SIZE - 10) + "](b)",
        "long address": "http://a.b/" + "c" * (SIZE - 20),
        "long address of dots": "http://a" + ".b" * ((SIZE - 20) // 2),
        "long address of brackets": "http://a.b/" + ")" * (SIZE - 20),
        "long address of ampersands": "http://a.b/" + "&amp;" * ((SIZE - 20) // 5),
        "long word": "a" * SIZE,
        "long mention": "@" + "a" * (SIZE - 1),
        "inline data image": "![a](data:image/png;base64," + "A" * (SIZE - 40) + ")",
        "html data image": '<img src="data:image/png;base64,' + "A" * (SIZE - 40) + '">',
        "wide table": table(8000, 1),
        "tall table": table(1, 6000),
        "square table": table(90, 10_000),
        "completed table": table(256, 10_000),
        "many tables": fill("|a|b|\n|-|-|\n|c|d|\n\n"),
        "table of marks": fill("|*a*|`b`|[c](d)|\n", head="|a|b|c|\n|-|-|-|\n"),
        "table of pipes": fill("\\|", head="|a|\n|-|\n|"),
        "tasks in quotes": fill("> - [x] @bob\n"),
        "entities in code": "```\n" + fill("&amp;<>\"'")[: SIZE - 8] + "\n```",
        "entities in html": "<div>" + fill("&amp;")[: SIZE - 12] + "</div>",
        "ampersands in html": "<div>" + fill("&")[: SIZE - 12] + "</div>",
        "half entities in html": "<div>" + fill("&CounterClockwiseContourIntegra")[: SIZE - 12] + "</div>",
        "greater in html": "<div>" + ">" * (SIZE - 12) + "</div>",
        "less in html": "<div>\n" + "<" * (SIZE - 12) + "</div>",
        "less in html with names": "<div>\n" + "<a " * ((SIZE - 20) // 3) + "</div>",
        "open quotes in html": "<div>\n" + "<a b='" * ((SIZE - 20) // 6) + "</div>",
        "open comments in html": "<div>\n" + "<!--" * ((SIZE - 20) // 4) + "</div>",
        "dashes in a comment": "<!--" + "-" * (SIZE - 10) + ">",
        "spaces in a tag": "<a" + " " * (SIZE - 10) + ">",
        "spaces before an equals": "<a b" + " " * (SIZE - 10) + "=",
        "attributes that never end": "<a" + " b" * (SIZE // 2 - 10) + "<",
        "entity in an address": "[a](b" + "&amp;" * 6000 + ")",
        "spaces in an address": "[a](" + " " * (SIZE - 10) + ")",
        "brackets in an address": "[a](" + "(" * (SIZE - 10),
        "quotes in a title": "[a](b " + "'" * (SIZE - 10) + ")",
        "titles left open": fill("[a](b '"),
        "a line of spaces": "a" + " " * (SIZE - 4) + "b",
        "hard breaks": fill("a  \n"),
        "closing tags of another": fill("</i>", head=fill("<b>")[: SIZE // 2]),
        "mentions of many": numbered(lambda n: f"@user{n} "),
        "links to many": numbered(lambda n: f"http://a{n}.example "),
        "addresses of many": numbered(lambda n: f"a{n}@b.example "),
        "many small fences": fill("```py\nx=1\n```\n"),
        "many fences of nothing": fill("~~~php\n~~~\n"),
        "windows newlines": fill("a\r\n\r\n"),
        "nul": fill("\x00a"),
        "surrogates": "\ud800" * (SIZE // 3),
    }
    return made
