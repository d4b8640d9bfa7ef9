"""The form that names a kind of work."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from forum.web import Form


class KindForm(Form):
    kind = HiddenField(validators=[InputRequired(), Length(max=60)])
