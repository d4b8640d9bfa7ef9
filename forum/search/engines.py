"""The two engines that find words: SQLite's FTS5 and PostgreSQL's tsvector.

Both answer the same two questions over the table `search_index`. Ranking a very common
word is slow on either, so both rank only the newest `CANDIDATES` documents that match.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Float, Integer, TextClause, column, text
from sqlalchemy.orm import Session

from forum.search.terms import Terms

CANDIDATES = 2000
COMMON = 2000
"""A word in more documents than this says too little to look for similar threads by."""


RANKED = """
SELECT rowid AS document, ts_rank_cd(words, query) AS score
FROM (
    SELECT rowid, words, query FROM search_index, (SELECT QUERY AS query) AS asked
    WHERE words @@ query ORDER BY rowid DESC LIMIT :candidates
) AS matching
"""


class Engine(Protocol):
    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        """A statement of (document, score), best score highest, for the newest documents that match."""

    def rarity(self, session: Session, word: str) -> int:
        """In how many documents a word occurs, counted no further than `COMMON`."""


class Fts5:
    """Every term is quoted: raw input such as `c++` or `foo"` is a syntax error to FTS5."""

    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        statement = text(
            "SELECT rowid AS document, -bm25(search_index, 6.0, 1.0, 4.0) AS score FROM search_index"
            " WHERE search_index MATCH :words ORDER BY rowid DESC LIMIT :candidates"
        )
        return statement.bindparams(words=self._match(terms, any_word), candidates=CANDIDATES)

    def rarity(self, session: Session, word: str) -> int:
        statement = text(
            "SELECT count(*) FROM (SELECT 1 FROM search_index WHERE search_index MATCH :word LIMIT :common)"
        )
        return int(session.scalar(statement, {"word": _quoted(word), "common": COMMON}) or 0)

    def _match(self, terms: Terms, any_word: bool) -> str:
        last = len(terms.wanted) - 1
        wanted = [_quoted(term) + ("*" if place == last else "") for place, term in enumerate(terms.wanted)]
        match = f"({(' OR ' if any_word else ' AND ').join(wanted)})"
        return match + "".join(f" NOT {_quoted(term)}" for term in terms.unwanted)


class TsVector:
    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        statement = text(RANKED.replace("QUERY", self._query(terms, any_word)))
        given = {f"term{place}": term for place, term in enumerate((*terms.wanted, *terms.unwanted))}
        return statement.bindparams(candidates=CANDIDATES, **given)

    def rarity(self, session: Session, word: str) -> int:
        statement = text(
            "SELECT count(*) FROM (SELECT 1 FROM search_index"
            " WHERE words @@ plainto_tsquery('english', :word) LIMIT :common) AS found"
        )
        return int(session.scalar(statement, {"word": word, "common": COMMON}) or 0)

    def _query(self, terms: Terms, any_word: bool) -> str:
        count = len(terms.wanted)
        each = [f"phraseto_tsquery('english', :term{place})" for place in range(count)]
        wanted = f"({(' || ' if any_word else ' && ').join(each)})"
        unwanted = range(count, count + len(terms.unwanted))
        return wanted + "".join(f" && !!phraseto_tsquery('english', :term{place})" for place in unwanted)


def engine_of(session: Session) -> Engine:
    return Fts5() if session.get_bind().dialect.name == "sqlite" else TsVector()


def rare_words(session: Session, found: Sequence[str], limit: int) -> tuple[str, ...]:
    """The rarest of these words that occur at all: a query of thirty is slow, one of twelve is not."""
    engine = engine_of(session)
    counted = [(engine.rarity(session, word), word) for word in found[:30]]
    rare = sorted((count, word) for count, word in counted if 0 < count < COMMON)
    return tuple(word for _count, word in rare[:limit])


DOCUMENT = column("document", Integer)
SCORE = column("score", Float)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
