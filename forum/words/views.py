"""The pages on which admins choose the words of the site."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum import i18n
from forum.access import Privilege, signed_in
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.web import Route, act, page, render, see_other
from forum.words import actions
from forum.words.forms import WordForm
from forum.words.texts import TEXTS, own_words

FOLDER = "forum/words"
ADMIN = Privilege.ADMINISTER
ONE = "/admin/words/{locale}/{name}"


@page
def index(request: Request, session: Session) -> Response:
    locale = request.query_params.get("language", i18n.SOURCE_LOCALE)
    return render(
        request,
        f"{FOLDER}/list.html",
        texts=TEXTS,
        own=own_words(session, locale),
        defaults=_defaults(locale),
        language=locale,
        languages=languages(),
    )


@page
def edit(request: Request, session: Session) -> Response:
    return _edit(request, session, None)


def _edit(request: Request, session: Session, form: WordForm | None) -> Response:
    locale, name = _which(request)
    own = own_words(session, locale).get(name, "")
    return render(
        request,
        f"{FOLDER}/edit.html",
        form=form or WordForm(data={"text": own}),
        name=name,
        text=TEXTS[name],
        own=own,
        default=_defaults(locale)[name],
        language=locale,
        languages=languages(),
    )


@act(WordForm, again=_edit)
def save(request: Request, session: Session, form: WordForm) -> Response:
    locale, name = _which(request)
    actions.set_word(session, signed_in(request), locale, name, form.text.data or "")
    return see_other(request, "words.list", flash=_("The text is saved."), query={"language": locale})


@act()
def reset(request: Request, session: Session) -> Response:
    locale, name = _which(request)
    actions.set_word(session, signed_in(request), locale, name, "")
    return see_other(request, "words.list", flash=_("The text is what it was at first."), query={"language": locale})


def _which(request: Request) -> tuple[str, str]:
    locale, name = request.path_params["locale"], request.path_params["name"]
    if locale not in i18n.locales() or name not in TEXTS:
        raise NotFound(_("There is no such text."))
    return locale, name


def _defaults(locale: str) -> dict[str, str]:
    """What each text says by default, in that language."""
    with i18n.use_locale(locale):
        return {name: str(text.default) for name, text in TEXTS.items()}


def languages() -> dict[str, str]:
    """Each language of the site, by its own name."""
    return {code: i18n.language(code) for code in i18n.locales()}


routes = [
    Route("/admin/words", index, name="words.list", access=ADMIN, methods=["GET"]),
    Route(ONE, edit, name="words.edit", access=ADMIN, methods=["GET"]),
    Route(ONE, save, name="words.save", access=ADMIN, methods=["POST"], rate="60/minute"),
    Route(f"{ONE}/reset", reset, name="words.reset", access=ADMIN, methods=["POST"], rate="60/minute"),
]
