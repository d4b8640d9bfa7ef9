"""The forms of products and tags."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from forum.i18n import lazy
from forum.tags.actions import LONGEST_DESCRIPTION, LONGEST_NAME, Product
from forum.tags.keeping import LONGEST_DESCRIPTION as LONGEST_OF_TAG
from forum.tags.models import COLOURS, SpaceAudience
from forum.web import Form, choices

COLOUR_WORDS = {
    "amber": lazy("Amber"),
    "red": lazy("Red"),
    "pink": lazy("Pink"),
    "violet": lazy("Violet"),
    "blue": lazy("Blue"),
    "teal": lazy("Teal"),
    "green": lazy("Green"),
    "gray": lazy("Gray"),
}
AUDIENCE_WORDS = {
    SpaceAudience.EVERYONE: lazy("Everyone"),
    SpaceAudience.SIGNED_IN: lazy("Whoever is signed in"),
    SpaceAudience.ORGANISATIONS: lazy("Members of chosen organisations"),
}


HUES = choices((one, COLOUR_WORDS[one]) for one in COLOURS)
AUDIENCES = choices((one.value, words) for one, words in AUDIENCE_WORDS.items())


class ProductForm(Form):
    name = StringField(lazy("Name"), [InputRequired(lazy("Give the product a name.")), Length(max=LONGEST_NAME)])
    description = StringField(lazy("Description"), [Length(max=LONGEST_DESCRIPTION)])
    colour = RadioField(lazy("Colour"), choices=HUES, default=COLOURS[0])
    audience = RadioField(lazy("Who sees it"), choices=AUDIENCES, default=SpaceAudience.EVERYONE.value)
    organisations = TextAreaField(lazy("Organisations"), [Length(max=30_000)])

    def given(self) -> Product:
        return Product(
            name=str(self.name.data),
            description=str(self.description.data or ""),
            colour=str(self.colour.data),
            audience=SpaceAudience(self.audience.data),
            organisations=tuple(str(self.organisations.data or "").splitlines()),
        )


class MoveForm(Form):
    by = HiddenField(validators=[AnyOf(["1", "-1"])])


class TagForm(Form):
    name = StringField(lazy("Name"), [InputRequired(lazy("Give the tag a name.")), Length(max=100)])
    description = TextAreaField(lazy("What it is for"), [Length(max=LONGEST_OF_TAG)])


class SynonymForm(Form):
    synonym = StringField(lazy("Another name"), [InputRequired(lazy("Write a name.")), Length(max=100)])


class MergeForm(Form):
    into = StringField(lazy("Merge into"), [InputRequired(lazy("Write the name of a tag.")), Length(max=100)])
