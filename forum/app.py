"""The composition root: with the command, the only module that knows every package.

Each function below installs one package: its routes, what it hears, what it adds to
pages and what it does later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from forum import logs, mail, options
from forum.access import Explain
from forum.accounts import entry_views, parking, people_views, sessions, settings_views
from forum.accounts import jobs as accounts_jobs
from forum.accounts import queries as accounts
from forum.accounts.models import Account
from forum.db import Base, Database
from forum.events import Bus
from forum.importers import models as import_models
from forum.importers import views as import_views
from forum.jobs import Jobs
from forum.notifications import jobs as notifications_jobs
from forum.notifications import models as notifications_models
from forum.notifications import subscribers as notifications_subscribers
from forum.notifications import views as notifications_views
from forum.resources import folder
from forum.search import queries as search_queries
from forum.search import subscribers as search_subscribers
from forum.search import views as search_views
from forum.settings import Settings
from forum.slots import Slots
from forum.tags import models as tags_models
from forum.tags import views as tags_views
from forum.telemetry import Telemetry
from forum.threads import models as threads_models
from forum.threads import queries as threads_queries
from forum.threads import views as threads_views
from forum.threads.actions import HoldRule
from forum.threads.actions.viewing import add_views
from forum.votes import models as votes_models
from forum.votes import queries as votes_queries
from forum.votes import views as votes_views
from forum.web import health, preferences
from forum.web.errors import handlers
from forum.web.limits import RateLimiter
from forum.web.middleware import RequestFacts, RequestLog, SameSite, SecurityHeaders
from forum.web.rendering import environment
from forum.web.routing import Routes
from forum.web.site import Site
from moderation import places
from moderation.audit import models as audit_models
from moderation.audit import subscribers as audit_subscribers
from moderation.audit import views as audit_views
from moderation.flags import models as flags_models
from moderation.flags import views as flags_views
from moderation.reviews import models as reviews_models
from moderation.reviews import own_views, starting_views
from moderation.reviews import subscribers as reviews_subscribers
from moderation.reviews import views as reviews_views
from moderation.sanctions import models as sanctions_models
from moderation.sanctions import views as sanctions_views
from moderation.sanctions.rules import without_writing
from reputation.ledger import growth, leaders
from reputation.ledger import queries as ledger_queries
from reputation.ledger import subscribers as ledger_subscribers
from reputation.ledger import views as ledger_views
from reputation.privileges import grants
from reputation.privileges import views as privileges_views
from support import crowds
from support.desk import slots as desk_slots
from support.desk import views as desk_views
from support.escalations import jobs as escalations_jobs
from support.escalations import models as escalations_models
from support.escalations import subscribers as escalations_subscribers
from support.escalations import views as escalations_views
from support.messages import models as messages_models
from support.messages import subscribers as messages_subscribers
from support.tickets import jobs as tickets_jobs
from support.tickets import models as tickets_models
from support.tickets import views as tickets_views

metadata = Base.metadata
MODELS = (
    import_models.ImportedId,
    Account,
    options.Option,
    tags_models.Tag,
    threads_models.Thread,
    votes_models.Vote,
    audit_models.AuditEntry,
    flags_models.Flag,
    reviews_models.Review,
    sanctions_models.Sanction,
    notifications_models.Notification,
    tickets_models.Ticket,
    messages_models.Message,
    escalations_models.MeToo,
)


@dataclass
class Parts:
    """What packages add themselves to while a site is put together."""

    settings: Settings
    database: Database
    bus: Bus = field(default_factory=Bus)
    slots: Slots = field(default_factory=Slots)
    jobs: Jobs = field(default_factory=Jobs)
    telemetry: Telemetry = field(default_factory=Telemetry)
    routes: Routes = field(default_factory=Routes)
    privilege_rules: list[accounts.PrivilegeRule] = field(default_factory=list)
    last_privilege_rules: list[accounts.PrivilegeRule] = field(default_factory=list)
    hold_rules: list[HoldRule] = field(default_factory=list)
    explain: Explain | None = None


def build_site(
    settings: Settings, *, rate_limits: bool = True, durable: bool = True, redis_prefix: str = "porchlight"
) -> Site:
    """Put one site together from its settings; nothing is read or written yet."""
    database = Database(settings.database_url, read_url=settings.read_database_url, durable=durable)
    parts = Parts(settings, database)
    for install in (_core, _accounts, _tags, _threads, _votes, _search, _reputation, _moderation, _support):
        install(parts)
    database.info.update(
        bus=parts.bus,
        settings=settings,
        privilege_rules=[*parts.privilege_rules, *parts.last_privilege_rules],
        explain=parts.explain,
        hold_rules=parts.hold_rules,
    )
    return Site(
        settings=settings,
        database=database,
        bus=parts.bus,
        slots=parts.slots,
        jobs=parts.jobs,
        telemetry=parts.telemetry,
        templates=environment(settings, parts.routes),
        limits=RateLimiter(settings.redis_url, prefix=redis_prefix, enabled=rate_limits),
        routes=parts.routes,
        load_actor=sessions.load_actor,
        park=parking.park,
    )


def _core(parts: Parts) -> None:
    parts.routes += [*health.routes, *preferences.routes]
    parts.jobs.sends(mail.KIND, mail.Postman(parts.settings).deliver)


def _accounts(parts: Parts) -> None:
    """People, their sessions, notifications."""
    parts.privilege_rules.append(accounts.grant_of_roles)
    parts.last_privilege_rules.append(accounts.unconfirmed_may_not_write)
    parts.routes += [*entry_views.routes, *settings_views.routes, *people_views.routes, *parking.routes]
    accounts_jobs.install(parts.jobs)
    parts.routes += notifications_views.routes
    notifications_jobs.install(parts.jobs)
    notifications_subscribers.subscribe(parts.bus)


def _tags(parts: Parts) -> None:
    """Tags and products."""
    parts.routes += tags_views.routes


def _threads(parts: Parts) -> None:
    """Threads, answers, comments, the front page."""
    parts.routes += threads_views.routes
    parts.slots.register("profile.sections", "forum/threads/_profile.html", threads_queries.profile_sections)
    parts.telemetry.writes("views", add_views)


def _votes(parts: Parts) -> None:
    """Votes."""
    parts.routes += votes_views.routes
    parts.slots.register("post.vote", "forum/votes/_control.html", votes_queries.controls)


def _search(parts: Parts) -> None:
    """Search and similar threads, and the addresses of what was imported."""
    parts.routes += import_views.routes
    parts.routes += search_views.routes
    parts.slots.register("ask.similar", "forum/search/_similar_slot.html", search_queries.similar_to_each)
    search_subscribers.subscribe(parts.bus)


def _reputation(parts: Parts) -> None:
    """The ledger and what it grants."""
    # Before the profiles, or "leaders" would be somebody's handle.
    parts.routes[:0] = [*ledger_views.routes, *privileges_views.routes]
    ledger_subscribers.subscribe(parts.bus)
    parts.slots.register("home.sections", "reputation/ledger/_helpers.html", leaders.helpers, order=80)
    parts.slots.register("review.cost", "reputation/ledger/_cost.html", ledger_queries.cost_of_abuse)
    parts.slots.register("people.actions", "reputation/ledger/_way.html", leaders.way)
    parts.slots.register("profile.sections", "reputation/ledger/_growth.html", growth.growth, order=10)
    parts.privilege_rules.insert(0, grants.grant_of_reputation)
    parts.explain = grants.explain


def _moderation(parts: Parts) -> None:
    """Flags, reviews, sanctions, audit."""
    audit_subscribers.subscribe(parts.bus)
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
    parts.hold_rules.append(reviews_subscribers.first_link)
    parts.privilege_rules.append(without_writing)


def _support(parts: Parts) -> None:
    """The staff desk."""
    # Before the threads' own: /threads/{id}/escalation would otherwise read as a thread with a strange name.
    parts.routes[:0] = escalations_views.routes
    parts.routes += [*tickets_views.routes, *desk_views.routes]
    desk_slots.register(parts.slots)
    messages_subscribers.subscribe(parts.bus)
    escalations_subscribers.subscribe(parts.bus)
    parts.jobs.does(escalations_subscribers.TELL, escalations_subscribers.tell_me_too)
    crowds.install(parts.jobs)
    tickets_jobs.schedule(parts.jobs)
    escalations_jobs.schedule(parts.jobs)


def create_app(site: Site) -> Starlette:
    """The ASGI application of a site."""
    settings = site.settings
    app = Starlette(
        routes=[*site.routes, Mount("/static", BuiltAssets(directory=folder("static") / "dist", check_dir=False))],
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders, https=settings.https),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts), www_redirect=False),
            Middleware(SameSite),
            Middleware(GZipMiddleware, minimum_size=1000),
            Middleware(RequestFacts, site=site),
        ],
        exception_handlers=handlers,
        lifespan=_reading_is_counted,
    )
    app.state.site = site
    return app


@asynccontextmanager
async def _reading_is_counted(app: Starlette) -> AsyncIterator[None]:
    """What reading leaves behind is written by a thread of this process, and once more at its end."""
    site: Site = app.state.site
    site.telemetry.start(site.database)
    try:
        yield
    finally:
        await to_thread.run_sync(site.telemetry.stop, site.database)


def application() -> Starlette:
    """What a server starts: a site from the environment."""
    settings = Settings.from_env()
    logs.configure(settings.log_format)
    return create_app(build_site(settings))


class BuiltAssets(StaticFiles):
    """Assets whose name holds their hash, so a browser need never ask again."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
