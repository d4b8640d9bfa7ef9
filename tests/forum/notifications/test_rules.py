"""The table of rules: who is told what, and why."""

from __future__ import annotations

import pytest

from forum.following.models import Level, Subject
from forum.following.rules import PERSONAL, TELLS, Chosen, News, Why, why_told

WATCH, FOLLOW, NORMAL, MUTE = Level
THREAD, TAG, PRODUCT, PERSON = Subject
IDS = {THREAD: 1, PRODUCT: 3, PERSON: 4}


def chosen(**levels):
    return Chosen(ids=IDS, **levels)


@pytest.mark.parametrize(
    ("levels", "news", "why"),
    [
        ({}, News.ANSWER, None),
        ({"thread": FOLLOW}, News.ANSWER, Why(THREAD, 1)),
        ({"thread": FOLLOW}, News.SOLVED, Why(THREAD, 1)),
        ({"thread": FOLLOW}, News.COMMENT, None),
        ({"thread": WATCH}, News.COMMENT, Why(THREAD, 1)),
        ({"tags": {2: FOLLOW}}, News.THREAD, Why(TAG, 2)),
        ({"tags": {2: FOLLOW}}, News.ANSWER, None),
        ({"tags": {2: WATCH}}, News.ANSWER, Why(TAG, 2)),
        ({"product": FOLLOW}, News.THREAD, Why(PRODUCT, 3)),
        ({"product": WATCH}, News.COMMENT, Why(PRODUCT, 3)),
        ({"person": FOLLOW}, News.THREAD, Why(PERSON, 4)),
        ({"person": FOLLOW}, News.ANSWER, None),
        ({"person": WATCH}, News.COMMENT, Why(PERSON, 4)),
        # The most specific place wins.
        ({"thread": NORMAL, "tags": {2: WATCH}}, News.ANSWER, None),
        ({"thread": FOLLOW, "tags": {2: WATCH}}, News.COMMENT, None),
        ({"thread": WATCH, "tags": {2: MUTE}}, News.ANSWER, Why(THREAD, 1)),
        ({"tags": {2: NORMAL}, "product": WATCH}, News.ANSWER, None),
        ({"tags": {2: WATCH}, "product": MUTE}, News.ANSWER, Why(TAG, 2)),
        # Of several tags mute counts first, then watch.
        ({"tags": {2: WATCH, 5: MUTE}}, News.ANSWER, None),
        ({"tags": {2: FOLLOW, 5: WATCH}}, News.COMMENT, Why(TAG, 5)),
        # A person is heard beside the place, unless that is muted.
        ({"thread": NORMAL, "person": WATCH}, News.ANSWER, Why(PERSON, 4)),
        ({"thread": MUTE, "person": WATCH}, News.ANSWER, None),
        ({"thread": WATCH, "person": MUTE}, News.ANSWER, None),
    ],
)
def test_who_hears_of_news(levels, news, why):
    assert why_told(chosen(**levels), news) == why


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ({}, True),
        ({"thread": NORMAL}, True),
        ({"thread": MUTE}, False),
        ({"tags": {2: MUTE}}, False),
        ({"thread": FOLLOW, "tags": {2: MUTE}}, True),
        ({"product": MUTE}, False),
        ({"person": MUTE}, False),
    ],
)
def test_who_hears_of_what_concerns_them(levels, told):
    assert why_told(chosen(**levels), None) == (PERSONAL if told else None)


def test_a_muted_person_is_heard_when_they_answer_for_the_company():
    assert why_told(chosen(person=MUTE), None, from_staff=True) == PERSONAL
    assert why_told(chosen(person=MUTE, thread=FOLLOW), News.ANSWER, from_staff=True) == Why(THREAD, 1)
    assert why_told(chosen(person=MUTE, thread=MUTE), None, from_staff=True) is None


def test_normal_and_mute_tell_of_no_news():
    assert {level for _subject, level in TELLS} == {WATCH, FOLLOW}
