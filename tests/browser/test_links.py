"""Every link and every form on the demonstration site leads somewhere, whoever looks."""

from __future__ import annotations

import re
from collections import Counter, deque
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag
from starlette.routing import Match

from tests.browser.house import House
from tests.browser.pages import Role, addresses, person

pytestmark = pytest.mark.browser
SAMPLES = 6
"""How many addresses of one shape are fetched; the others differ in numbers and names alone."""
MOST = 400


@pytest.mark.parametrize("role", list(Role))
def test_every_link_and_form_leads_somewhere(demo: House, role: Role):
    """Without a browser: what a page offers is in its HTML."""
    account = person(demo, role)
    cookies = {"session": demo.session_of(account)} if account else {}
    broken: list[str] = []
    with httpx2.Client(base_url=demo.address, cookies=cookies, follow_redirects=True, timeout=30) as client:
        waiting = deque((address, "the list of pages") for _name, address in addresses(demo, role))
        seen, shapes = {address for address, _from in waiting}, Counter[str]()
        fetched = 0
        while waiting and fetched < MOST:
            address, found_on = waiting.popleft()
            reply = client.get(address)
            fetched += 1
            refused = found_on == "the list of pages" and reply.status_code in {403, 404, 409}
            if reply.status_code >= 400 and not refused:
                broken.append(f"{address}, linked from {found_on}, answered {reply.status_code}")
            if "text/html" not in reply.headers.get("content-type", "") or refused:
                continue
            soup = BeautifulSoup(reply.text, "html.parser")
            here = str(reply.url).removeprefix(demo.address)
            broken += [f"{action} of a form on {here} is no route" for action in _forms_to_nowhere(demo, soup, here)]
            broken += [f"{anchor} on {here} is no place on that page" for anchor in _lost_anchors(soup)]
            for link in _links(soup, here):
                shape = _shape(link)
                if link not in seen and shapes[shape] < SAMPLES:
                    seen.add(link)
                    shapes[shape] += 1
                    waiting.append((link, here))

    assert not broken, "\n".join(sorted(set(broken)))
    assert fetched > 20


def _shape(link: str) -> str:
    """An address without the numbers and names that tell it from its likes."""
    without_slug = re.sub(r"(\d)/[^/?]+$", r"\1", link)
    return re.sub(r"\d+|(?<=/people/)[^/]+|(?<=/tags/)[^/]+|(?<==)[^&]+", "…", without_slug)


def _links(soup: BeautifulSoup, here: str) -> list[str]:
    """Addresses on this site that the site itself wrote: what people linked to is their own affair."""
    hrefs = [tag["href"] for tag in soup.select("a[href], link[href]") if not _in_prose(tag)]
    sources = [tag["src"] for tag in soup.select("img[src], script[src]") if not _in_prose(tag)]
    full = [urldefrag(urljoin(here, str(one))).url for one in (*hrefs, *sources)]
    return [one for one in full if one.startswith("/") and not one.startswith("//")]


def _in_prose(tag: Tag) -> bool:
    return tag.find_parent(class_="prose") is not None


def _lost_anchors(soup: BeautifulSoup) -> list[str]:
    anchors = {str(tag["href"]) for tag in soup.select('a[href^="#"]') if len(str(tag["href"])) > 1}
    return [anchor for anchor in anchors if soup.find(id=anchor[1:]) is None]


def _forms_to_nowhere(house: House, soup: BeautifulSoup, here: str) -> list[str]:
    """Actions of forms, and what scripts would send, that no route takes."""
    forms = soup.find_all("form")
    wanted = [(str(form.get("method", "get")).upper(), str(form.get("action") or here)) for form in forms]
    wanted += [("POST", str(tag["formaction"])) for tag in soup.select("[formaction]")]
    wanted += [("GET", str(tag["hx-get"])) for tag in soup.select("[hx-get]")]
    wanted += [("POST", str(tag["hx-post"])) for tag in soup.select("[hx-post]")]
    sent = [(method, action) for method, action in wanted if method != "DIALOG"]
    return [f"{method} {action}" for method, action in sent if not _routed(house, method, action)]


def _routed(house: House, method: str, action: str) -> bool:
    scope = {"type": "http", "method": method, "path": urlsplit(action).path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in house.site.routes)
