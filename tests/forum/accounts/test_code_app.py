"""A code app: set up by a code, asked for after the password, each code good once."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import func, select

from forum import clock
from forum.accounts.factors import recovery, steps, totp
from forum.accounts.factors.models import RecoveryCode, SignInStep, TotpSecret
from forum.accounts.models import AccountSession
from forum.accounts.security import NOWHERE
from forum.app import build_site, create_app
from forum.clock import now
from tests.browse import Browser
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, long_ago

APP = "/settings/security/app"


def offer_in(page):
    """The secret that a page offers, as one would type it, and the field that takes it up."""
    secret = re.search(r'id="app-secret"[^>]*>([A-Z2-7 ]+)<', page.text).group(1).replace(" ", "")
    return secret, re.search(r'name="offer"[^>]*value="([^"]+)"', page.text).group(1)


def set_up(browser):
    secret, offer = offer_in(browser.get(APP))
    return secret, browser.post(APP, {"offer": offer, "code": pyotp.TOTP(secret).at(now())})


def sessions_of(database, account):
    with database.reading() as session:
        return session.scalar(select(func.count()).where(AccountSession.account_id == account.id))


def test_it_is_set_up_by_a_code_and_ten_recovery_codes_are_shown_once(browser, ana, letters):
    browser.sign_in(ana)
    _secret, page = set_up(browser)

    assert page.url.path == "/settings/security/codes"
    assert len(re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", page.text.split("</pre>")[0])) == 10
    assert browser.get("/settings/security/codes").url.path == "/settings/security"
    assert "code app was set up" in letters()[-1]["subject"]
    assert "A code app was set up" in browser.get("/settings/security").text


def test_the_picture_needs_no_style_and_holds_no_script(browser, ana):
    picture = re.search(r"<svg xmlns.*?</svg>", browser.sign_in(ana).get(APP).text, re.DOTALL).group(0)

    assert "style" not in picture
    assert "script" not in picture


def test_looking_at_the_page_keeps_nothing(browser, ana, session):
    browser.sign_in(ana).get(APP)

    assert session.scalars(select(TotpSecret)).all() == []


def test_a_wrong_code_sets_nothing_up_and_the_picture_stays(browser, ana, database):
    secret, offer = offer_in(browser.sign_in(ana).get(APP))
    page = browser.post(APP, {"offer": offer, "code": "000000"})

    assert page.status_code == 422
    assert "That code is not right" in page.text
    assert offer_in(page) == (secret, offer)
    with database.reading() as session:
        assert session.get(TotpSecret, ana.id) is None


def test_the_offer_of_somebody_else_or_of_yesterday_is_not_taken_up(browser, ana, make, settings):
    eva = make.account("eva")
    secret, offer = totp.offer(settings, eva.id)
    assert browser.sign_in(ana).post(APP, {"offer": offer, "code": pyotp.TOTP(secret).at(now())}).status_code == 422
    assert totp.offered(settings, eva.id, offer) == secret
    assert totp.offered(settings, ana.id, offer) is None


def test_the_secret_is_kept_encrypted_and_codes_hashed(protected, session):
    kept = session.get(TotpSecret, protected.account.id).secret

    assert protected.secret not in kept
    hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(hashes) & set(protected.codes)


def test_after_the_password_comes_the_code_and_no_session_before_it(browser, protected, database):
    page = enter(browser, next="/settings/profile")

    assert page.headers["location"] == "/login/factor?next=%2Fsettings%2Fprofile"
    assert "session" not in browser.client.cookies
    assert sessions_of(database, protected.account) == 0
    done = browser.post("/login/factor", {"code": protected.code(), "next": "/settings/profile"})
    assert done.url.path == "/settings/profile"


@pytest.mark.parametrize("typed", ["{code} ", "{front} {back}"])
def test_a_code_is_taken_however_it_is_typed(browser, protected, typed):
    enter(browser)
    code = protected.code()
    browser.post("/login/factor", {"code": typed.format(code=code, front=code[:3], back=code[3:])})

    assert is_in(browser)


def test_a_wrong_code_lets_nobody_in_and_five_end_the_step(browser, protected):
    enter(browser)
    replies = [browser.post("/login/factor", {"code": "000000"}) for _ in range(5)]

    assert [reply.status_code for reply in replies[:4]] == [422] * 4
    assert "not right" in replies[0].text
    assert replies[4].url.path == "/login"
    assert "Sign in again" in replies[4].text
    browser.post("/login/factor", {"code": protected.code()})
    assert not is_in(browser)


def test_the_step_belongs_to_the_browser_and_lives_ten_minutes(browser, protected):
    enter(browser)
    other = browser.another()
    assert other.get("/login/factor").url.path == "/login"
    other.post("/login/factor", {"code": protected.code()})
    assert not is_in(other)
    with clock.at(now() + timedelta(minutes=11)):
        browser.post("/login/factor", {"code": protected.code()})
        assert not is_in(browser)


def test_a_code_counts_once(browser, protected):
    code = protected.code()
    enter(browser)
    browser.post("/login/factor", {"code": code})
    assert is_in(browser)
    other = browser.another()
    enter(other)

    assert other.post("/login/factor", {"code": code}).status_code == 422
    other.post("/login/factor", {"code": protected.code(ahead=1)})
    assert is_in(other)


def test_an_earlier_code_is_not_taken_after_a_later_one(protected, settings, database):
    later, earlier = protected.code(), protected.code(ahead=-1)
    with database.writing() as session:
        assert totp.take(session, settings, protected.account.id, later)
        assert not totp.take(session, settings, protected.account.id, earlier)


def test_a_code_of_a_minute_ago_is_too_old(protected, settings, session):
    assert not totp.take(session, settings, protected.account.id, protected.code(ahead=-2))


def race(work):
    """Two at the same moment, each in a transaction of its own; what they came to."""
    together = threading.Barrier(2)

    def run(number):
        together.wait()
        return work(number)

    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(run, range(2)))


def test_the_same_code_twice_at_once_leads_to_one_session(protected, site):
    code = protected.code()

    def take(_number):
        with site.database.writing() as session:
            return totp.take(session, site.settings, protected.account.id, code)

    assert race(take) == [False, True]


def test_the_same_recovery_code_twice_at_once_opens_once(protected, database):
    def take(_number):
        with database.writing() as session:
            return recovery.take(session, protected.account.id, protected.codes[0])

    assert race(take) == [False, True]


def test_the_same_step_twice_at_once_lets_in_once(protected, site):
    with site.database.writing() as session:
        token = steps.begin(session, protected.account, remembered=False)
    answers = [protected.code(), protected.codes[0]]

    def pass_on(number):
        with site.database.writing() as session:
            step = steps.find(session, token, hold=True)
            return step is not None and bool(steps.pass_on(session, site.settings, step, answers[number], NOWHERE))

    assert race(pass_on) == [False, True]


def test_a_recovery_code_opens_once_and_the_owner_is_told(browser, protected, letters):
    enter(browser)
    browser.post("/login/factor", {"code": protected.codes[3].upper()})
    assert is_in(browser)
    told = letters()[-1]
    assert "recovery code was used" in told["subject"]
    assert "9 left" in told.get_body(("plain",)).get_content()
    other = browser.another()
    enter(other)

    assert other.post("/login/factor", {"code": protected.codes[3]}).status_code == 422


def test_new_recovery_codes_end_the_old(browser, protected, letters):
    page = browser.sign_in(protected.account).post("/settings/security/codes")
    fresh = re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", page.text.split("</pre>")[0])

    assert len(fresh) == 10
    assert not set(fresh) & set(protected.codes)
    assert "New recovery codes" in letters()[-1]["subject"]
    enter(other := browser.another())
    assert other.post("/login/factor", {"code": protected.codes[0]}).status_code == 422
    other.post("/login/factor", {"code": fresh[0]})
    assert is_in(other)


def test_removing_the_app_takes_the_step_the_codes_and_is_told(browser, protected, database, letters):
    enter(other := browser.another())
    page = browser.sign_in(protected.account).post("/settings/security/app/remove")

    assert "The code app is removed" in page.text
    assert "The code app was removed" in letters()[-1]["subject"]
    with database.reading() as session:
        assert session.scalars(select(RecoveryCode)).all() == []
        assert session.scalars(select(SignInStep)).all() == []
    assert other.post("/login/factor", {"code": protected.code()}).url.path == "/login"
    assert enter(browser.another()).headers["location"] == "/"


def test_a_replaced_app_opens_nothing_and_recovery_codes_stay(browser, protected):
    browser.sign_in(protected.account)
    secret, page = set_up(browser)
    assert page.url.path == "/settings/security"

    enter(other := browser.another())
    assert other.post("/login/factor", {"code": protected.code(ahead=1)}).status_code == 422
    other.post("/login/factor", {"code": pyotp.TOTP(secret).at(now() + timedelta(seconds=30))})
    assert is_in(other)
    enter(third := browser.another())
    third.post("/login/factor", {"code": protected.codes[0]})
    assert is_in(third)


@pytest.mark.parametrize("path", [APP, "/settings/security/passkeys", "/settings/email"])
def test_a_page_that_changes_how_one_signs_in_asks_first_who_it_is(browser, protected, site, path):
    browser.sign_in(protected.account)
    long_ago(site, protected.account)

    assert browser.get(path).url.path == "/settings/confirm"


@pytest.mark.parametrize("path", ["/settings/security/app/remove", "/settings/security/codes"])
def test_an_old_session_alone_changes_no_factor(browser, protected, site, database, path):
    browser.sign_in(protected.account)
    long_ago(site, protected.account)

    assert browser.post(path).url.path == "/settings/confirm"
    with database.reading() as session:
        assert session.get(TotpSecret, protected.account.id) is not None
        assert recovery.left(session, protected.account.id) == 10


def test_a_changed_password_ends_what_was_half_way(browser, protected):
    enter(browser)
    new = {"current_password": PASSWORD, "new_password": "other words than before"}
    other = browser.another().sign_in(protected.account)
    assert "is changed" in other.post("/settings/password", new).text
    browser.post("/login/factor", {"code": protected.code()})

    assert not is_in(browser)


def test_a_new_password_by_mail_does_not_get_past_the_factor(browser, protected, letters):
    browser.post("/reset", {"email": "ana@example.org"})
    path = re.search(r"http://testserver(/reset/\S+)", letters()[-1].get_body(("plain",)).get_content()).group(1)
    browser.post(path, {"new_password": "other words than before"})

    assert enter(browser, password="other words than before").headers["location"] == "/login/factor"


def test_with_another_secret_of_the_site_codes_of_the_app_fail_and_recovery_codes_work(protected, settings, session):
    other = replace(settings, secret="f" * 32)
    assert not totp.take(session, other, protected.account.id, protected.code())
    assert recovery.take(session, protected.account.id, protected.codes[0])


def test_many_codes_for_one_account_are_stopped_whatever_the_step(settings, make, protect, ana):
    site = build_site(settings, durable=False, redis_prefix=f"test-{uuid4().hex}")
    protect(ana)
    with Browser(create_app(site), site) as browser:
        statuses = []
        for _ in range(3):
            enter(browser)
            statuses += [browser.post("/login/factor", {"code": "000000"}).status_code for _ in range(4)]
    site.database.dispose()

    assert statuses == [422] * 10 + [429] * 2


def test_an_account_keeps_few_steps(database, ana):
    with database.writing() as session:
        for _ in range(30):
            steps.begin(session, ana, remembered=False)

        assert len(session.scalars(select(SignInStep)).all()) <= steps.AT_ONCE


def test_the_pages_are_ones_own(browser):
    for path in ("/settings/security", APP, "/settings/security/codes", "/settings/confirm", "/settings/email"):
        assert browser.get(path).url.path == "/login"
