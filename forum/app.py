"""The composition root: with the command, the only module that knows every package.

Each function below installs one package: its routes, what it hears, what it adds to
pages and what it does later.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from forum import bounces, letters, logs, mail, options
from forum.access import Explain
from forum.accounts import api as accounts_api
from forum.accounts import (
    api_tokens,
    email_views,
    enrolment,
    entry_views,
    ignoring,
    ignoring_views,
    offboarding_views,
    parking,
    people_views,
    roles_views,
    rules_views,
    security_views,
    sessions,
    settings_views,
    tokens_admin_views,
    tokens_views,
)
from forum.accounts import jobs as accounts_jobs
from forum.accounts import merging as accounts_merging
from forum.accounts import personal as accounts_personal
from forum.accounts import places as accounts_places
from forum.accounts import queries as accounts
from forum.accounts.factors import entry_views as factors_entry_views
from forum.accounts.factors import models as factors_models
from forum.accounts.factors import personal as factors_personal
from forum.accounts.factors import views as factors_views
from forum.accounts.models import Account
from forum.accounts.oidc import arrival_views as oidc_arrival_views
from forum.accounts.oidc import models as oidc_models
from forum.accounts.oidc import personal as oidc_personal
from forum.accounts.oidc import views as oidc_views
from forum.admin import places as admin_places
from forum.admin import simple
from forum.admin import views as admin_views
from forum.branding import models as branding_models
from forum.branding import places as branding_places
from forum.branding import views as branding_views
from forum.changes import build_watch
from forum.changes import jobs as changes_jobs
from forum.changes import models as changes_models
from forum.changes.reads import observe
from forum.changes.redis import RedisWakes
from forum.db import Base, Database
from forum.erasures import elsewhere
from forum.erasures import leaving as erasures_leaving
from forum.erasures import models as erasures_models
from forum.erasures import places as erasures_places
from forum.erasures import subscribers as erasures_subscribers
from forum.erasures import views as erasures_views
from forum.erasures.running import Eraser
from forum.events import Bus
from forum.exports import jobs as exports_jobs
from forum.exports import models as exports_models
from forum.exports import views as exports_views
from forum.following import models as following_models
from forum.following import subscribers as following_subscribers
from forum.guidelines import models as guidelines_models
from forum.guidelines import personal as guidelines_personal
from forum.guidelines import places as guidelines_places
from forum.guidelines import views as guidelines_views
from forum.importers import merging as import_merging
from forum.importers import models as import_models
from forum.importers import personal as import_personal
from forum.importers import runs as import_runs
from forum.importers import runs_views as import_runs_views
from forum.importers import views as import_views
from forum.invitations import personal as invitations_personal
from forum.invitations import places as invitations_places
from forum.invitations import subscribers as invitations_subscribers
from forum.invitations import views as invitations_views
from forum.jobs import Jobs
from forum.letters import admin_views as letters_views
from forum.letters import places as letters_places
from forum.letters import wording as letters_wording
from forum.live import Kinds, Live
from forum.live import views as live_views
from forum.mailin import admin_views as mailin_admin_views
from forum.mailin import jobs as mailin_jobs
from forum.mailin import merging as mailin_merging
from forum.mailin import models as mailin_models
from forum.mailin import personal as mailin_personal
from forum.mailin import places as mailin_places
from forum.mailin import views as mailin_views
from forum.mailin.bouncing import Bounces
from forum.mailin.mailboxes import Mailboxes
from forum.mailin.replies import Replies
from forum.merges import elsewhere as merges_elsewhere
from forum.merges import views as merges_views
from forum.merges.running import Merger
from forum.merging import Merging
from forum.notifications import jobs as notifications_jobs
from forum.notifications import live as notifications_live
from forum.notifications import merging as notifications_merging
from forum.notifications import models as notifications_models
from forum.notifications import personal as notifications_personal
from forum.notifications import places as notifications_places
from forum.notifications import settings_views as telling_views
from forum.notifications import subscribers as notifications_subscribers
from forum.notifications import unsubscribing_views
from forum.notifications import views as notifications_views
from forum.offboarding import Duties
from forum.organisations import admin_views as organisations_admin_views
from forum.organisations import jobs as organisations_jobs
from forum.organisations import leaving as organisations_leaving
from forum.organisations import merging as organisations_merging
from forum.organisations import models as organisations_models
from forum.organisations import personal as organisations_personal
from forum.organisations import places as organisations_places
from forum.organisations import subscribers as organisations_subscribers
from forum.organisations import views as organisations_views
from forum.outbox import views as outbox_views
from forum.personal import Personal
from forum.resources import folder
from forum.retention import models as retention_models
from forum.retention import places as retention_places
from forum.retention import views as retention_views
from forum.retention.actions import Keeper
from forum.retention.rules import RULES, Rules
from forum.search import api as search_api
from forum.search import jobs as search_jobs
from forum.search import queries as search_queries
from forum.search import subscribers as search_subscribers
from forum.search import views as search_views
from forum.settings import Settings
from forum.setup import views as setup_views
from forum.slots import Slots
from forum.storage import Storage, storage_at
from forum.tags import admin_views as products_views
from forum.tags import models as tags_models
from forum.tags import places as tags_places
from forum.tags import views as tags_views
from forum.telemetry import Telemetry
from forum.terms import models as terms_models
from forum.terms import personal as terms_personal
from forum.terms import places as terms_places
from forum.terms import views as terms_views
from forum.threads import api as threads_api
from forum.threads import files as threads_files
from forum.threads import live as threads_live
from forum.threads import merging as threads_merging
from forum.threads import models as threads_models
from forum.threads import personal as threads_personal
from forum.threads import queries as threads_queries
from forum.threads import subscribers as threads_subscribers
from forum.threads import views as threads_views
from forum.threads.actions import HoldRule
from forum.threads.actions.viewing import add_views
from forum.threads.queries import stakes
from forum.uploads import admin_views as uploads_admin
from forum.uploads import api as uploads_api
from forum.uploads import merging as uploads_merging
from forum.uploads import models as uploads_models
from forum.uploads import personal as uploads_personal
from forum.uploads import places as uploads_places
from forum.uploads import views as uploads_views
from forum.uploads.holders import Holders
from forum.uploads.jobs import Sweeper
from forum.votes import actions as votes_actions
from forum.votes import api as votes_api
from forum.votes import merging as votes_merging
from forum.votes import models as votes_models
from forum.votes import personal as votes_personal
from forum.votes import queries as votes_queries
from forum.votes import views as votes_views
from forum.web import health, metrics, preferences
from forum.web.alike import AlikePages
from forum.web.api import app as api_app
from forum.web.api import replays
from forum.web.api.app import create_api
from forum.web.api.subjects import Subjects
from forum.web.closed import Closed
from forum.web.errors import handlers
from forum.web.here import OnlyHere
from forum.web.limits import RateLimiter
from forum.web.middleware import RequestFacts, RequestLog, SameSite, SecurityHeaders, security_headers
from forum.web.rendering import environment
from forum.web.routing import Routes, Table
from forum.web.shared import SharedPages
from forum.web.site import Site
from forum.words import places as words_places
from forum.words import views as words_views
from moderation import merging as moderation_merging
from moderation import personal as moderation_personal
from moderation import places
from moderation.audit import checking as audit_checking
from moderation.audit import keeping as audit_keeping
from moderation.audit import models as audit_models
from moderation.audit import subscribers as audit_subscribers
from moderation.audit import views as audit_views
from moderation.flags import api as flags_api
from moderation.flags import models as flags_models
from moderation.flags import views as flags_views
from moderation.reviews import api as reviews_api
from moderation.reviews import leaving as reviews_leaving
from moderation.reviews import live as reviews_live
from moderation.reviews import models as reviews_models
from moderation.reviews import own_views, starting_views
from moderation.reviews import subscribers as reviews_subscribers
from moderation.reviews import views as reviews_views
from moderation.sanctions import models as sanctions_models
from moderation.sanctions import views as sanctions_views
from moderation.sanctions.rules import without_writing
from reputation.ledger import api as ledger_api
from reputation.ledger import growth, leaders
from reputation.ledger import merging as ledger_merging
from reputation.ledger import personal as ledger_personal
from reputation.ledger import queries as ledger_queries
from reputation.ledger import subscribers as ledger_subscribers
from reputation.ledger import views as ledger_views
from reputation.privileges import grants
from reputation.privileges import views as privileges_views
from reputation.rules import places as reputation_rules_places
from reputation.rules import views as reputation_rules_views
from support import crowds
from support import leaving as support_leaving
from support import merging as support_merging
from support import personal as support_personal
from support.desk import live as desk_live
from support.desk import slots as desk_slots
from support.desk import views as desk_views
from support.escalations import api as escalations_api
from support.escalations import jobs as escalations_jobs
from support.escalations import models as escalations_models
from support.escalations import rules as escalations_rules
from support.escalations import subscribers as escalations_subscribers
from support.escalations import views as escalations_views
from support.hours import places as hours_places
from support.hours import views as hours_views
from support.messages import files as messages_files
from support.messages import models as messages_models
from support.messages import subscribers as messages_subscribers
from support.tickets import api as tickets_api
from support.tickets import jobs as tickets_jobs
from support.tickets import live as tickets_live
from support.tickets import models as tickets_models
from support.tickets import subscribers as tickets_subscribers
from support.tickets import views as tickets_views
from support.tickets.actions import opening as tickets_opening

metadata = Base.metadata
UNPACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
GZIP_LEVEL = 3
"""A page made for one reader is packed once: level 9 takes three times as long for a seventh fewer bytes."""
MODELS = (
    import_models.ImportedId,
    Account,
    factors_models.Passkey,
    oidc_models.LinkedIdentity,
    options.Option,
    changes_models.Change,
    organisations_models.OrganisationDomain,
    uploads_models.File,
    tags_models.Tag,
    threads_models.Thread,
    votes_models.Vote,
    audit_models.AuditEntry,
    flags_models.Flag,
    reviews_models.Review,
    sanctions_models.Sanction,
    notifications_models.Notification,
    following_models.Follow,
    letters_wording.LetterWording,
    bounces.BouncedAddress,
    mailin_models.InboundMail,
    tickets_models.Ticket,
    messages_models.Message,
    escalations_models.MeToo,
    replays.KeptReply,
    branding_models.StoredLogo,
    guidelines_models.Guidelines,
    terms_models.TermsVersion,
    exports_models.DataExport,
    erasures_models.ErasureRequest,
    retention_models.RetentionRun,
)


@dataclass
class Parts:
    """What packages add themselves to while a site is put together."""

    settings: Settings
    database: Database
    storage: Storage
    bus: Bus = field(default_factory=Bus)
    slots: Slots = field(default_factory=Slots)
    jobs: Jobs = field(default_factory=Jobs)
    telemetry: Telemetry = field(default_factory=Telemetry)
    routes: Routes = field(default_factory=Routes)
    kinds: Kinds = field(default_factory=Kinds)
    holders: Holders = field(default_factory=Holders)
    personal: Personal = field(default_factory=Personal)
    retention: Rules = field(default_factory=Rules)
    duties: Duties = field(default_factory=Duties)
    merging: Merging = field(default_factory=Merging)
    mailboxes: Mailboxes = field(default_factory=Mailboxes)
    api: list[APIRouter] = field(default_factory=list)
    subjects: Subjects = field(default_factory=Subjects)
    privilege_rules: list[accounts.PrivilegeRule] = field(default_factory=list)
    last_privilege_rules: list[accounts.PrivilegeRule] = field(default_factory=list)
    hold_rules: list[HoldRule] = field(default_factory=list)
    explain: Explain | None = None


def build_site(
    settings: Settings, *, rate_limits: bool = True, durable: bool = True, redis_prefix: str = "porchlight"
) -> Site:
    """Put one site together from its settings; nothing is read or written yet."""
    database = Database(settings.database_url, read_url=settings.read_database_url, durable=durable)
    parts = Parts(settings, database, storage_at(settings.files_at))
    for install in (
        _core,
        _accounts,
        _administration,
        _organisations,
        _tags,
        _uploads,
        _threads,
        _votes,
        _mail_in,
        _search,
        _reputation,
        _moderation,
        _support,
        _lifecycle,
    ):
        install(parts)
    database.info.update(
        bus=parts.bus,
        settings=settings,
        privilege_rules=[*parts.privilege_rules, *parts.last_privilege_rules],
        explain=parts.explain,
        hold_rules=parts.hold_rules,
        file_holders=parts.holders,
        mailboxes=parts.mailboxes,
    )
    watch = build_watch(database, settings.listen_database_url)
    database.on_commit.append(watch.wake)
    for engine in database.readers:
        observe(engine)
    wakes = RedisWakes(settings.redis_url, prefix=redis_prefix) if settings.redis_url else None
    if wakes is not None:
        database.on_commit.append(wakes.publish)
    templates = environment(settings, parts.routes)
    templates.globals["live_words"] = {"me": notifications_live.words, "thread": threads_live.words}
    return Site(
        settings=settings,
        database=database,
        bus=parts.bus,
        slots=parts.slots,
        jobs=parts.jobs,
        telemetry=parts.telemetry,
        storage=parts.storage,
        watch=watch,
        wakes=wakes,
        live=Live(database, watch, accounts.load_actors, parts.kinds),
        personal=parts.personal,
        retention=parts.retention,
        duties=parts.duties,
        merging=parts.merging,
        templates=templates,
        limits=RateLimiter(settings.redis_url, prefix=redis_prefix, enabled=rate_limits),
        routes=parts.routes,
        api=tuple(parts.api),
        subjects=parts.subjects,
        load_actor=sessions.load_actor,
        load_bearer=api_tokens.load_bearer,
        park=parking.park,
    )


def _core(parts: Parts) -> None:
    parts.routes += [*health.routes, *preferences.routes, *metrics.routes, *live_views.routes]
    parts.routes += [*words_views.routes, *outbox_views.routes]
    changes_jobs.install(parts.jobs)
    replays.subscribe(parts.bus)
    parts.jobs.sends(letters.KIND, mail.Postman(parts.settings, parts.database).deliver)


def _accounts(parts: Parts) -> None:
    """People, their sessions, notifications."""
    parts.privilege_rules.append(accounts.grant_of_roles)
    parts.last_privilege_rules.append(accounts.unconfirmed_may_not_write)
    parts.routes += [*entry_views.routes, *settings_views.routes, *tokens_views.routes]
    parts.routes += [*security_views.routes, *email_views.routes, *factors_entry_views.routes, *factors_views.routes]
    parts.routes += [*people_views.routes, *roles_views.routes, *rules_views.routes, *parking.routes]
    parts.routes += [*oidc_views.routes, *oidc_arrival_views.routes]
    parts.routes += [*tokens_admin_views.routes, *ignoring_views.routes]
    parts.api.append(accounts_api.router)
    parts.telemetry.writes("tokens", api_tokens.mark_used)
    parts.telemetry.writes("sessions", sessions.mark_seen)
    parts.slots.register("home.notices", "forum/accounts/_grace.html", enrolment.notice, order=20)
    accounts_jobs.install(parts.jobs)
    parts.personal.add(accounts_personal.FIRST)
    parts.personal.add(factors_personal.PART)
    parts.personal.add(oidc_personal.PART)
    parts.personal.add(ignoring.PART)
    accounts_places.register(parts.slots)
    letters_places.register(parts.slots)
    parts.routes += [*notifications_views.routes, *telling_views.routes, *unsubscribing_views.routes]
    parts.routes += letters_views.routes
    notifications_places.register(parts.slots)
    notifications_live.install(parts.kinds)
    notifications_jobs.install(parts.jobs, parts.database, mail.Postman(parts.settings, parts.database))
    notifications_subscribers.subscribe(parts.bus)
    following_subscribers.subscribe(parts.bus)
    parts.personal.add(notifications_personal.PART)


def _administration(parts: Parts) -> None:
    """The first run, how the site presents itself, and the pages of admins."""
    parts.routes += [*setup_views.routes, *admin_views.routes, *branding_views.routes, *guidelines_views.routes]
    admin_places.register(parts.slots)
    branding_places.register(parts.slots, parts.settings)
    guidelines_places.register(parts.slots)
    words_places.register(parts.slots)
    parts.personal.add(guidelines_personal.PART)
    parts.routes += terms_views.routes
    terms_places.register(parts.slots)
    parts.personal.add(terms_personal.PART)


def _organisations(parts: Parts) -> None:
    """Companies that customers belong to."""
    parts.routes += [*organisations_views.routes, *organisations_admin_views.routes]
    organisations_places.register(parts.slots)
    organisations_jobs.install(parts.jobs)
    organisations_subscribers.subscribe(parts.bus)
    parts.personal.add(organisations_personal.PART)
    organisations_leaving.install(parts.duties)
    parts.routes += invitations_views.routes
    invitations_places.register(parts.slots)
    invitations_subscribers.subscribe(parts.bus)
    parts.personal.add(invitations_personal.PART)


def _tags(parts: Parts) -> None:
    """Tags and products."""
    parts.routes += [*tags_views.routes, *products_views.routes]
    tags_places.register(parts.slots)


def _uploads(parts: Parts) -> None:
    """Files in posts and tickets."""
    parts.routes += [*uploads_views.routes, *uploads_admin.routes]
    parts.api.append(uploads_api.router)
    parts.subjects.register("files", uploads_api.threads_of_file)
    Sweeper(parts.database, parts.storage).install(parts.jobs)
    uploads_places.register(parts.slots)


def _threads(parts: Parts) -> None:
    """Threads, answers, comments, the front page."""
    threads_files.register(parts.holders, parts.slots)
    parts.routes += threads_views.routes
    parts.api.append(threads_api.router)
    threads_api.register(parts.subjects)
    threads_live.install(parts.kinds)
    threads_subscribers.subscribe(parts.bus)
    parts.slots.stake(stakes.stake)
    parts.slots.stake(stakes.ignores)
    parts.slots.register("profile.sections", "forum/threads/_profile.html", threads_queries.profile_sections)
    parts.telemetry.writes("views", add_views)
    parts.personal.add(threads_personal.PART)


def _votes(parts: Parts) -> None:
    """Votes."""
    parts.routes += votes_views.routes
    parts.api.append(votes_api.router)
    parts.slots.stake(votes_queries.stake)
    parts.slots.register("post.vote", "forum/votes/_control.html", votes_queries.controls)
    parts.slots.declare(simple.SLOT, votes_actions.QUESTION_DOWN)
    parts.personal.add(votes_personal.PART)


def _mail_in(parts: Parts) -> None:
    """Mail that comes in: replies to letters, and letters that come back."""
    parts.routes += [*mailin_views.routes, *mailin_admin_views.routes]
    parts.mailboxes.add(Replies(parts.settings, parts.storage).mailbox)
    parts.mailboxes.add(Bounces(parts.settings).mailbox)
    mailin_jobs.Sorter(parts.database, parts.mailboxes).install(parts.jobs)
    mailin_places.register(parts.slots)
    parts.retention.add(*mailin_places.RULES)
    parts.personal.add(mailin_personal.PART)


def _search(parts: Parts) -> None:
    """Search and similar threads, and the addresses of what was imported."""
    parts.routes += [*import_views.routes, *import_runs_views.routes]
    import_runs.install(parts.kinds)
    parts.routes += search_views.routes
    parts.api.append(search_api.router)
    parts.slots.register("ask.similar", "forum/search/_similar_slot.html", search_queries.similar_to_each)
    search_subscribers.subscribe(parts.bus)
    parts.personal.add(import_personal.PART)
    search_jobs.install(parts.jobs)


def _reputation(parts: Parts) -> None:
    """The ledger and what it grants."""
    # Before the profiles, or "leaders" would be somebody's handle.
    parts.routes[:0] = [*ledger_views.routes, *privileges_views.routes, *reputation_rules_views.routes]
    parts.api.append(ledger_api.router)
    ledger_subscribers.subscribe(parts.bus)
    parts.slots.register("home.sections", "reputation/ledger/_helpers.html", leaders.helpers, order=80)
    parts.slots.register("review.cost", "reputation/ledger/_cost.html", ledger_queries.cost_of_abuse)
    reputation_rules_places.register(parts.slots)
    parts.slots.register("people.actions", "reputation/ledger/_way.html", leaders.way)
    parts.slots.register("profile.sections", "reputation/ledger/_growth.html", growth.growth, order=10)
    parts.privilege_rules.insert(0, grants.grant_of_reputation)
    parts.explain = grants.explain
    parts.personal.add(ledger_personal.PART)


def _moderation(parts: Parts) -> None:
    """Flags, reviews, sanctions, audit."""
    audit_subscribers.subscribe(parts.bus)
    audit_checking.install(parts.jobs)
    parts.retention.add(audit_keeping.RULE)
    reviews_subscribers.subscribe(parts.bus)
    parts.routes += [
        *flags_views.routes,
        *reviews_views.routes,
        *own_views.routes,
        *starting_views.routes,
        *sanctions_views.routes,
        *audit_views.routes,
    ]
    places.register(parts.slots)
    parts.slots.declare(simple.SLOT, reviews_subscribers.HOLD_FIRST_LINK)
    parts.api += [flags_api.router, reviews_api.router]
    parts.subjects.register("reviews", reviews_api.threads_of_review)
    reviews_live.install(parts.kinds)
    parts.hold_rules.append(reviews_subscribers.first_link)
    parts.privilege_rules.append(without_writing)
    parts.personal.add(moderation_personal.PART)
    reviews_leaving.install(parts.duties)


def _support(parts: Parts) -> None:
    """The staff desk."""
    # Before the threads' own: /threads/{id}/escalation would otherwise read as a thread with a strange name.
    parts.routes[:0] = escalations_views.routes
    parts.routes += [*tickets_views.routes, *desk_views.routes, *hours_views.routes]
    parts.api += [tickets_api.router, escalations_api.router]
    parts.subjects.register("tickets", tickets_api.threads_of_ticket)
    desk_slots.register(parts.slots)
    hours_places.register(parts.slots)
    parts.slots.declare(simple.SLOT, escalations_rules.WAIT, escalations_jobs.RULE, tickets_opening.PREFIX)
    desk_live.install(parts.kinds)
    tickets_live.install(parts.kinds)
    messages_files.register(parts.holders)
    messages_subscribers.subscribe(parts.bus)
    escalations_subscribers.subscribe(parts.bus)
    tickets_subscribers.subscribe(parts.bus)
    parts.jobs.does(escalations_subscribers.TELL, escalations_subscribers.tell_me_too)
    crowds.install(parts.jobs)
    tickets_jobs.schedule(parts.jobs)
    escalations_jobs.schedule(parts.jobs)
    parts.personal.add(support_personal.PART)
    support_leaving.install(parts.duties)


def _lifecycle(parts: Parts) -> None:
    """Copies of one's data, erasures, and how long what is kept."""
    parts.routes += [*exports_views.routes, *erasures_views.routes, *retention_views.routes]
    parts.retention.add(*RULES)
    Keeper(parts.retention).install(parts.jobs)
    exports_jobs.install(parts.jobs, exports_jobs.Maker(parts.database, parts.settings, parts.personal))
    Eraser(parts.personal).install(parts.jobs)
    erasures_subscribers.subscribe(parts.bus)
    erasures_views.register(parts.slots)
    erasures_places.register(parts.slots)
    retention_places.register(parts.slots, parts.retention)
    erasures_leaving.install(parts.duties)
    parts.routes += [*offboarding_views.routes, *merges_views.routes]
    parts.merging.add(
        accounts_merging.JOINS,
        organisations_merging.JOINS,
        threads_merging.JOINS,
        votes_merging.JOINS,
        ledger_merging.JOINS,  # before moderation, which may show a post again and have the ledger look at it
        moderation_merging.JOINS,
        support_merging.JOINS,
        uploads_merging.JOINS,
        notifications_merging.JOINS,
        import_merging.JOINS,
        mailin_merging.JOINS,
        merges_elsewhere.JOINS,
    )
    Merger(parts.merging).install(parts.jobs)
    parts.personal.spare(
        audit_checks="digests, and which entry does not fit",
        audit_heads="the end of a chain of digests",
        changes="names of tables",
        import_runs="how many of what came, and why one broke off",
        import_sources="names of sites",
        letter_wordings="words of letters",
        logos="pictures of the site's own, by their digests",
        options="what admins set, and say to everybody in the site's name",
        organisation_domains="domains of companies",
        organisations="names of companies",
        removed_tags="words for subjects",
        retention_runs="names of rules",
        spaces="products",
        tag_merges="numbers of tags",
        tags="words for subjects",
        terms_texts="what people agree to, in the site's name",
        terms_versions="when terms were published, and what was new in them",
        workers="names of hosts",
    )
    parts.personal.add(uploads_personal.part(parts.storage))
    parts.personal.add(elsewhere.PART)
    parts.personal.add(accounts_personal.LAST)


def create_app(site: Site) -> Starlette:
    """The ASGI application of a site."""
    settings = site.settings
    app = Starlette(
        routes=[
            Table(site.routes),
            AllBelow(api_app.PATH, create_api(settings.site_name, site.api)),
            Mount("/static", BuiltAssets(directory=folder("static") / "dist", check_dir=False)),
        ],
        middleware=[
            Middleware(RequestLog, site=site),
            *([Middleware(OnlyHere)] if settings.demo else []),
            Middleware(SharedPages, site=site, headers=security_headers(https=settings.https)),
            Middleware(AlikePages, site=site, headers=security_headers(https=settings.https)),
            Middleware(SecurityHeaders, https=settings.https),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts), www_redirect=False),
            Middleware(SameSite, exempt=(f"{api_app.PATH}/", unsubscribing_views.PATH)),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=GZIP_LEVEL, exclude_content_types=UNPACKED),
            Middleware(RequestFacts, site=site),
            Middleware(Closed, site=site),
        ],
        exception_handlers=handlers,
        lifespan=_alive,
    )
    app.state.site = site
    return app


@asynccontextmanager
async def _alive(app: Starlette) -> AsyncIterator[None]:
    """While a process serves it keeps up with changes and tells of them; at its end it writes what reading left."""
    site: Site = app.state.site
    site.telemetry.start(site.database)
    with suppress(SQLAlchemyError):  # a database that is away is looked at when somebody asks
        await to_thread.run_sync(_look_at_doors, site)
    if site.wakes is not None:
        site.wakes.listen(site.watch.wake)
    tasks = [asyncio.create_task(site.watch.run()), asyncio.create_task(site.live.run(site.readers, site.closing))]
    with suppress(ImportError):  # an extra: without it there is nothing to count for
        meters = metrics.Meters(site)
        object.__setattr__(site, "meters", meters)
        tasks.append(asyncio.create_task(meters.run()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if site.wakes is not None:
            site.wakes.stop()
        await to_thread.run_sync(site.telemetry.stop, site.database)


def _look_at_doors(site: Site) -> None:
    with site.database.reading() as session:
        site.doors.look(session)


def application() -> Starlette:
    """What a server starts: a site from the environment."""
    settings = Settings.from_env()
    logs.configure(settings.log_format)
    return create_app(build_site(settings))


class AllBelow(Mount):
    """All addresses that begin so; to Starlette's own one with a line break in it is not among them."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


class BuiltAssets(StaticFiles):
    """Assets whose name holds their hash, so a browser need never ask again."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
