"""The pages on which admins look after products."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.tags import actions, queries
from forum.tags.forms import AUDIENCE_WORDS, MoveForm, ProductForm
from forum.web import Route, act, page, render, see_other

FOLDER = "forum/tags/admin"
RATE = "60/minute"
ONE = "/admin/products/{product_id:int}"


@page
def index(request: Request, session: Session) -> Response:
    return _index(request, session, ProductForm())


def _index(request: Request, session: Session, form: ProductForm) -> Response:
    products = queries.products(session, signed_in(request))
    return render(request, f"{FOLDER}/products.html", products=products, form=form, audience_words=AUDIENCE_WORDS)


@act(ProductForm, again=_index)
def add(request: Request, session: Session, form: ProductForm) -> Response:
    space = actions.add_product(session, signed_in(request), form.given())
    return see_other(request, "products.list", flash=_("{name} is one of your products now.").format(name=space.name))


@page
def edit(request: Request, session: Session) -> Response:
    product = queries.find_product(session, signed_in(request), request.path_params["product_id"])
    form = ProductForm(obj=product)
    form.organisations.data = "\n".join(product.organisations)
    return _edit(request, session, form)


def _edit(request: Request, session: Session, form: ProductForm) -> Response:
    product = queries.find_product(session, signed_in(request), request.path_params["product_id"])
    return render(request, f"{FOLDER}/product.html", product=product, form=form)


@act(ProductForm, again=_edit)
def save(request: Request, session: Session, form: ProductForm) -> Response:
    space = actions.change_product(session, signed_in(request), request.path_params["product_id"], form.given())
    return see_other(request, "products.list", flash=_("{name} is saved.").format(name=space.name))


@act(MoveForm)
def move(request: Request, session: Session, form: MoveForm) -> Response:
    actions.move_product(session, signed_in(request), request.path_params["product_id"], int(str(form.by.data)))
    return see_other(request, "products.list")


ADMIN = Privilege.ADMINISTER
routes = [
    Route("/admin/products", index, name="products.list", access=ADMIN, methods=["GET"]),
    Route("/admin/products", add, name="products.add", access=ADMIN, methods=["POST"], rate=RATE),
    Route(ONE, edit, name="products.edit", access=ADMIN, methods=["GET"]),
    Route(ONE, save, name="products.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(
        "/admin/products/{product_id:int}/move", move, name="products.move", access=ADMIN, methods=["POST"], rate=RATE
    ),
]
