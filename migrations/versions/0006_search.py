"""search

One document a question and a published answer, numbered by `forum.search.index.document_id`.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQLITE = """
CREATE VIRTUAL TABLE search_index USING fts5(
    title, body, tags, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
)
"""
POSTGRESQL = """
CREATE TABLE search_index (
    rowid bigint CONSTRAINT pk_search_index PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    tags text NOT NULL,
    words tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('english', tags), 'B')
        || setweight(to_tsvector('english', body), 'C')
    ) STORED
)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE)
        return
    op.execute(POSTGRESQL)
    op.execute("CREATE INDEX ix_search_index_words ON search_index USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
