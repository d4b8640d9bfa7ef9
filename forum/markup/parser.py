"""Markdown to HTML as CommonMark and GitHub's extensions define it. Not yet safe: the sanitiser comes after."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from forum.markup.autolink import autolink_plugin
from forum.markup.guards import guard_plugin
from forum.markup.highlight import MAX_HIGHLIGHTED, escape_text, highlight
from forum.markup.limits import MAX_BLOCK_DEPTH


def make_parser() -> MarkdownIt:
    """A parser for one thread."""
    options = {"alerts": False, "linkify": False, "maxNesting": MAX_BLOCK_DEPTH}
    parser = MarkdownIt("gfm-like2", options, renderer_cls=_Renderer)
    # linkify takes `main.rs` and `setup.py` for sites in Serbia and Paraguay; GitHub's rule wants http:// or www.
    parser.disable("linkify")
    return parser.use(autolink_plugin).use(guard_plugin)


class _Renderer(RendererHTML):
    """The library's renderer where it agrees with the specifications' examples, and ours where it does not."""

    def blockquote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        html = self.renderToken(tokens, idx, options, env)
        return html if html.endswith("\n") else html + "\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        info = unescapeAll(token.info).split(maxsplit=1)
        if not info:
            return f"<pre><code>{escape_text(token.content)}</code></pre>\n"
        env["highlighted"] = env.get("highlighted", 0) + len(token.content)
        small = env["highlighted"] <= MAX_HIGHLIGHTED and not token.content.isspace()
        code = highlight(token.content, info[0]) if small else escape_text(token.content)
        return f'<pre><code class="language-{escape_text(info[0])}">{code}</code></pre>\n'

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        _drop(token, "class")
        html = self.renderToken(tokens, idx, options, env)
        if "checked" not in token.meta:
            return html
        checked = 'checked="" ' if token.meta["checked"] else ""
        return f'{html}<input type="checkbox" {checked}disabled="" /> '

    def bullet_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        _drop(tokens[idx], "class")
        return self.renderToken(tokens, idx, options, env)

    ordered_list_open = bullet_list_open

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # A style attribute would need `unsafe-inline` in the Content-Security-Policy.
        if style := _drop(tokens[idx], "style"):
            tokens[idx].attrSet("align", str(style).removeprefix("text-align:"))
        return self.renderToken(tokens, idx, options, env)

    td_open = th_open

    def s_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<del>"

    def s_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</del>"


def _drop(token: Token, name: str) -> str | int | float | None:
    return token.attrs.pop(name, None)
