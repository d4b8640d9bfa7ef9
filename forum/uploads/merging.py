"""Files, when two accounts become one: they count towards the quota of the one that stays."""

from forum.i18n import lazy
from forum.merging import Joins
from forum.uploads.models import File

JOINS = Joins(name="files", moves={File.uploader_id: lazy("files"), File.removed_by_id: ""})
