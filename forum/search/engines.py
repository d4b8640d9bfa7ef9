"""The two engines that find words: SQLite's FTS5 and PostgreSQL's tsvector.

Both answer the same questions over the table `search_index`. Ranking a very common
word is slow on either, so both rank only the newest that match: `CANDIDATES` questions and as
many answers, or on PostgreSQL as many documents of either kind. Answers are many more, and among the
newest alone there would be no room for the question that asks the very thing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Float, Integer, TextClause, column, text
from sqlalchemy.orm import Session

from forum.search.terms import Terms

CANDIDATES = 500


# A document's number is even for a question, odd for an answer. Where more match than are ranked, the newest are mostly
# answers, of which there are more: then as many of the newest questions are ranked, too.
RANKED = """
WITH newest AS MATERIALIZED (
    SELECT rowid, words, query FROM search_index, (SELECT QUERY AS query) AS asked WHERE words @@ query
    ORDER BY rowid DESC LIMIT :candidates
), questions AS MATERIALIZED (
    SELECT rowid, words, query FROM search_index, (SELECT QUERY AS query) AS asked
    WHERE (SELECT count(*) FROM newest) = :candidates AND rowid < (SELECT min(rowid) FROM newest)
    AND rowid <= (SELECT max(id) * 2 FROM threads) AND rowid % 2 = 0 AND words @@ query
    ORDER BY rowid DESC LIMIT :candidates
)
SELECT rowid AS document, ts_rank_cd(words, query) AS score
FROM (SELECT * FROM newest UNION ALL SELECT * FROM questions) AS matching
"""
# All that match are looked up before they are ranked: the planner, who does not know how rare the words are, would
# rather go through the newest documents until it has found enough.
RANKED_RARE = """
WITH found AS MATERIALIZED (
    SELECT rowid, words, query FROM search_index, (SELECT QUERY AS query) AS asked WHERE words @@ query
)
SELECT rowid AS document, ts_rank(words, query) AS score FROM found
"""
AMONG = "SELECT rowid FROM search_index WHERE rowid = ANY(:documents) AND words @@ (QUERY)"
# Of the words that stand in most documents the planner keeps an estimate. What it takes for twice as common as matters
# is not counted: the index would go through all of its documents before the first is looked at.
USUAL = """
SELECT one.lexeme FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
JOIN pg_stats ON tablename = relname AND schemaname = nspname AND attname = 'words',
    unnest(CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs) AS one(lexeme, frequency)
WHERE pg_class.oid = CAST('search_index' AS regclass) AND frequency * reltuples >= 2 * :common
"""
LEXEMES = """
SELECT word, tsvector_to_array(to_tsvector('english', word)) FROM unnest(CAST(:words AS text[])) AS word
"""
COUNTED = """
SELECT word, (
    SELECT count(*) FROM (
        SELECT 1 FROM search_index WHERE words @@ plainto_tsquery('english', word) LIMIT :common
    ) AS found
) FROM unnest(CAST(:words AS text[])) AS word
"""


class Engine(Protocol):
    """How similar threads are looked for: by words that stand in fewer than `common` documents, since others say too
    little, and in no more than about `few` together.
    """

    common: int
    few: int

    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        """A statement of (document, score), best score highest, for the newest documents that match."""

    def of_rare(self, words: Sequence[str]) -> TextClause:
        """The same for all documents that hold any of these words, all of which are rare."""

    def among(self, words: Sequence[str], documents: Sequence[int]) -> TextClause:
        """A statement of those of the documents that hold any of these words."""

    def usual(self, session: Session) -> frozenset[str]:
        """What need not be counted, as the index has it: the engine knows that it stands in many documents."""

    def count(self, session: Session, words: Sequence[str], usual: frozenset[str]) -> dict[str, int]:
        """In how many documents each word occurs, counted up to `common`; -1 for one that is never indexed."""


RANKED_FTS5 = """
SELECT rowid AS document, -bm25(search_index, 6.0, 1.0, 4.0) AS score FROM search_index WHERE search_index MATCH :words
"""


class Fts5:
    """Every term is quoted: raw input such as `c++` or `foo"` is a syntax error to FTS5."""

    common, few = 2000, 1500

    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        newest = f"SELECT * FROM ({RANKED_FTS5} AND rowid % 2 = {{0}} ORDER BY rowid DESC LIMIT :candidates)"  # noqa: S608
        statement = text(" UNION ALL ".join(newest.format(parity) for parity in (0, 1)))
        return statement.bindparams(words=self._match(terms, any_word), candidates=CANDIDATES)

    def of_rare(self, words: Sequence[str]) -> TextClause:
        # The limit keeps SQLite from taking the query apart and asking for the rank where there is none.
        return text(f"{RANKED_FTS5} LIMIT -1").bindparams(words=_any_of(words))

    def among(self, words: Sequence[str], documents: Sequence[int]) -> TextClause:
        given = "(SELECT value FROM json_each(:documents))"
        statement = text(f"SELECT rowid FROM search_index WHERE search_index MATCH :words AND rowid IN {given}")  # noqa: S608
        return statement.bindparams(words=_any_of(words), documents=json.dumps(list(documents)))

    def usual(self, session: Session) -> frozenset[str]:
        return frozenset()  # an index that is merged keeps these numbers itself, and counts fast

    def count(self, session: Session, words: Sequence[str], usual: frozenset[str]) -> dict[str, int]:
        one = "SELECT {0}, count(*) FROM (SELECT 1 FROM search_index WHERE search_index MATCH :word{0} LIMIT :common)"
        statement = text(" UNION ALL ".join(one.format(place) for place in range(len(words))))
        given = {f"word{place}": _quoted(word) for place, word in enumerate(words)}
        return {words[place]: count for place, count in session.execute(statement, {**given, "common": self.common})}

    def _match(self, terms: Terms, any_word: bool) -> str:
        last = len(terms.wanted) - 1
        wanted = [_quoted(term) + ("*" if place == last else "") for place, term in enumerate(terms.wanted)]
        match = f"({(' OR ' if any_word else ' AND ').join(wanted)})"
        return match + "".join(f" NOT {_quoted(term)}" for term in terms.unwanted)


class TsVector:
    common, few = 1000, 500  # each document is fetched to be counted, and unpacked to be ranked

    def candidates(self, terms: Terms, *, any_word: bool = False) -> TextClause:
        statement = text(RANKED.replace("QUERY", self._query(terms, any_word)))
        given = {f"term{place}": term for place, term in enumerate((*terms.wanted, *terms.unwanted))}
        return statement.bindparams(candidates=CANDIDATES, **given)

    def of_rare(self, words: Sequence[str]) -> TextClause:
        return self._any_of(RANKED_RARE, words)

    def among(self, words: Sequence[str], documents: Sequence[int]) -> TextClause:
        return self._any_of(AMONG, words).bindparams(documents=list(documents))

    def _any_of(self, statement: str, words: Sequence[str]) -> TextClause:
        query = self._query(Terms(wanted=tuple(words)), any_word=True)
        return text(statement.replace("QUERY", query)).bindparams(
            **{f"term{place}": word for place, word in enumerate(words)}
        )

    def usual(self, session: Session) -> frozenset[str]:
        return frozenset(session.scalars(text(USUAL), {"common": self.common}))

    def count(self, session: Session, words: Sequence[str], usual: frozenset[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for word, lexemes in session.execute(text(LEXEMES), {"words": list(words)}):
            if not lexemes:
                counts[word] = -1
            elif len(lexemes) == 1 and lexemes[0] in usual:
                counts[word] = self.common
        if left := [word for word in words if word not in counts]:
            rows = session.execute(text(COUNTED), {"words": left, "common": self.common})
            counts |= {word: count for word, count in rows}  # noqa: C416 - a result is taken for a mapping
        return counts

    def _query(self, terms: Terms, any_word: bool) -> str:
        count = len(terms.wanted)
        each = [f"phraseto_tsquery('english', :term{place})" for place in range(count)]
        wanted = f"({(' || ' if any_word else ' && ').join(each)})"
        unwanted = range(count, count + len(terms.unwanted))
        return wanted + "".join(f" && !!phraseto_tsquery('english', :term{place})" for place in unwanted)


def engine_of(session: Session) -> Engine:
    return Fts5() if session.get_bind().dialect.name == "sqlite" else TsVector()


DOCUMENT = column("document", Integer)
SCORE = column("score", Float)


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(_quoted(word) for word in words)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
