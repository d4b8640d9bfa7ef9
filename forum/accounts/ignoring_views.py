"""The pages on which somebody ignores and blocks people, and no longer does."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import HiddenField
from wtforms.validators import AnyOf, Length

from forum.access import signed_in
from forum.accounts import ignoring
from forum.accounts.ignoring import Stance
from forum.i18n import lazy
from forum.web import Access, Form, Route, act, page, render, see_other
from forum.web.replies import local_path

FOLDER = "forum/accounts/ignoring"
FLASH = {
    Stance.NONE: lazy("You meet the words of {name} again, and they reach you."),
    Stance.IGNORE: lazy("You ignore {name} now. They are not told."),
    Stance.BLOCK: lazy("You block {name} now. They are not told."),
}


class StanceForm(Form):
    stance = HiddenField(validators=[AnyOf([one.value for one in Stance])])
    next = HiddenField(validators=[Length(max=2000)])


@page
def index(request: Request, session: Session) -> Response:
    people = ignoring.ignored_people(session, signed_in(request))
    return render(request, f"{FOLDER}/list.html", people=people)


@page
def choose(request: Request, session: Session) -> Response:
    other = ignoring.stance_to(session, signed_in(request), request.path_params["account_id"])
    return render(request, f"{FOLDER}/person.html", other=other, back=_back(request))


@act(StanceForm)
def save(request: Request, session: Session, form: StanceForm) -> Response:
    stance = Stance(str(form.stance.data))
    other = ignoring.ignore(session, signed_in(request), request.path_params["account_id"], stance)
    flash = str(FLASH[stance]).format(name=other.display_name)
    response = see_other(request, "ignoring.list", flash=flash)
    back = local_path(form.next.data)
    if back != "/":
        response.headers["location"] = back
    return response


def _back(request: Request) -> str:
    """The post that one came from."""
    return local_path(request.query_params.get("next"))


PLACE = "/settings/ignored"
ONE = f"{PLACE}/{{account_id:int}}"
routes = [
    Route(PLACE, index, name="ignoring.list", access=Access.SIGNED_IN, methods=["GET"]),
    Route(ONE, choose, name="ignoring.choose", access=Access.SIGNED_IN, methods=["GET"]),
    Route(ONE, save, name="ignoring.save", access=Access.SIGNED_IN, methods=["POST"], rate="60/hour"),
]
