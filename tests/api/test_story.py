"""The whole story over the API: a question finds its way to staff and back, and a flag to a decision and back."""

from __future__ import annotations

from forum.access import Scope


def test_a_question_goes_to_staff_and_their_answer_comes_back_to_its_thread(make, api, asker, helper, agent):
    make.tag("sync")
    ana, ben, sam = api(asker), api(helper), api(agent)

    asked = ana.post(
        "/threads", {"title": "Sync stops at forty percent", "body": "It **stops** at 40 %.", "tags": ["sync"]}
    )
    assert asked.status_code == 201
    thread = asked.json()
    assert asked.headers["Location"] == f"/api/v1/threads/{thread['id']}"
    assert (thread["resolution"], thread["escalation"], thread["answers"]) == ("open", None, [])
    assert thread["body_html"] == "<p>It <strong>stops</strong> at 40 %.</p>"
    assert thread["author"] == {"handle": "ana", "reputation": 1}

    assert [hit["id"] for hit in ben.get("/search?q=forty").json()["items"]] == [thread["id"]]
    answered = ben.post(f"/threads/{thread['id']}/answers", {"body": "Restart the daemon, please."})
    assert answered.status_code == 201
    answer = answered.json()
    assert ana.put(f"/answers/{answer['id']}/vote", {"value": 1}).json() == {"value": 1, "score": 1}
    assert ben.get("/me").json()["reputation"] == 510

    escalated = ana.post(f"/threads/{thread['id']}/escalation", {"reason": "outage", "body": "Account 4711 is down."})
    assert escalated.status_code == 201
    ref = escalated.json()["ticket"]
    assert escalated.json() == {"state": "asked", "ticket": ref}
    assert ben.get(f"/threads/{thread['id']}").json()["escalation"] == {"state": "asked"}
    assert ben.get(f"/tickets/{ref}").status_code == 404

    listed = sam.get("/tickets?assignee=-").json()
    assert [(one["ref"], one["priority"], one["tier"]) for one in listed["items"]] == [(ref, "high", 1)]
    taken = sam.patch(f"/tickets/{ref}", {"assignee": "sam"}).json()
    assert (taken["assignee"], taken["state"], taken["thread"]) == ("sam", "open", thread["id"])

    note = sam.post(f"/tickets/{ref}/messages", {"body": "Node 7 again.", "audience": "internal"})
    assert note.status_code == 201
    private = sam.post(f"/tickets/{ref}/messages", {"body": "We look into your account."})
    assert private.json()["audience"] == "requester"
    public = sam.post(f"/tickets/{ref}/messages", {"body": "Update to 4.3, it is mended there.", "audience": "public"})
    assert public.json()["audience"] == "public"

    mine = ana.get(f"/tickets/{ref}").json()
    assert [one["body"] for one in mine["messages"]] == [
        "Account 4711 is down.",
        "We look into your account.",
        "Update to 4.3, it is mended there.",
    ]
    assert not {"tier", "priority", "assignee", "team", "version"} & mine.keys()

    thread = ana.get(f"/threads/{thread['id']}").json()
    assert thread["escalation"] == {"state": "answered", "ticket": ref}
    [ours] = [one for one in thread["answers"] if one["from_staff"]]
    assert (ours["body"], ours["author"]["handle"]) == ("Update to 4.3, it is mended there.", "sam")

    accepted = ana.post(f"/answers/{ours['id']}/acceptance").json()
    assert (accepted["resolution"], accepted["accepted_answer_id"]) == ("solved", ours["id"])
    assert accepted["answers"][0] == ours | {"accepted": True}

    assert ana.patch(f"/tickets/{ref}", {"state": "solved"}).json()["state"] == "solved"
    done = sam.get(f"/tickets/{ref}").json()
    assert (done["state"], done["solved_how"]) == ("solved", "public")
    assert api(asker).get(f"/threads/{thread['id']}").json()["escalation"]["state"] == "solved"


def test_a_flag_is_reviewed_decided_taken_back_and_appealed(make, api, thread, helper, moderator):
    author = make.account("eve", reputation=200)
    answer = make.answer(thread, author=author, body="Buy my watches, they never stop.")
    ben, eve, mo = api(helper), api(author), api(moderator)

    flagged = ben.post(f"/answers/{answer.id}/flags", {"reason": "off_topic", "note": "Watches?"})
    assert flagged.status_code == 201
    assert flagged.json()["state"] == "pending"

    [review] = mo.get("/reviews").json()["items"]
    assert (review["target"]["kind"], review["target"]["id"]) == ("answer", answer.id)
    assert [(flag["reason"], flag["note"]) for flag in review["flags"]] == [("off_topic", "Watches?")]
    claimed = mo.post(f"/reviews/{review['id']}/claim").json()
    assert (claimed["state"], claimed["claimed_by"]) == ("claimed", "mo")

    decision = {"decision": "hide", "note": "Clear enough.", "version": claimed["version"]}
    decided = mo.post(f"/reviews/{review['id']}/decision", decision).json()
    assert (decided["state"], decided["flags"][0]["state"]) == ("decided", "agreed")
    assert [(one["decision"], one["grounds"]) for one in decided["decisions"]] == [("hide", "off_topic")]
    assert ben.get(f"/threads/{thread.id}").json()["answers"] == []

    stale = mo.post(f"/reviews/{review['id']}/decision", decision)
    assert stale.status_code == 409
    assert stale.json()["review"]["decisions"][0]["by"]["handle"] == "mo"

    waiting = mo.post(f"/reviews/{review['id']}/undo").json()
    assert (waiting["state"], waiting["flags"][0]["state"]) == ("pending", "pending")
    assert len(ben.get(f"/threads/{thread.id}").json()["answers"]) == 1
    again = mo.post(f"/reviews/{review['id']}/decision", decision | {"version": waiting["version"]})
    assert again.status_code == 200

    [hidden] = eve.get(f"/threads/{thread.id}").json()["answers"]
    assert (hidden["visibility"], hidden["review_id"]) == ("hidden", review["id"])
    own = eve.get(f"/reviews/{review['id']}").json()
    assert (own["decision"], own["may_appeal"]) == ("hide", True)
    assert not {"flags", "decisions", "claimed_by"} & own.keys()
    appealed = eve.post(f"/reviews/{review['id']}/appeal", {"reason": "They do never stop, which is on topic."})
    assert appealed.status_code == 201
    assert appealed.json()["state"] == "appealed"

    other = api(make.moderator("mia"))
    [waits] = other.get("/reviews?state=appealed").json()["items"]
    judged = other.post(f"/reviews/{review['id']}/decision", {"decision": "overturn", "version": waits["version"]})
    assert judged.json()["state"] == "overturned"
    assert len(ben.get(f"/threads/{thread.id}").json()["answers"]) == 1


def test_a_program_of_staff_sorts_hands_over_and_merges(make, api, asker, agent):
    tess = make.staff("tess", tier=2)
    ana, sam = api(asker), api(agent)
    first = ana.post("/tickets", {"subject": "An invoice twice", "body": "We paid in May."}).json()["ref"]
    second = ana.post("/tickets", {"subject": "The invoice again", "body": "And in June."}).json()["ref"]

    sorted_ = sam.patch(f"/tickets/{first}", {"priority": "urgent", "team": "Billing", "tier": 2, "reason": "Ledger"})
    assert sorted_.status_code == 200
    given = api(tess).patch(f"/tickets/{first}", {"assignee": "tess", "state": "pending"}).json()
    assert (given["assignee"], given["state"], given["tier"], given["team"]) == ("tess", "pending", 2, "Billing")
    taken = sam.patch(f"/tickets/{first}", {"assignee": "sam"})
    assert taken.status_code == 409
    assert "Tess was quicker" in taken.json()["detail"]

    stale = sam.patch(f"/tickets/{first}", {"priority": "low", "version": 1})
    assert (stale.status_code, sam.get(f"/tickets/{first}").json()["priority"]) == (409, "urgent")
    for unchanged in ({"state": "pending"}, {"tier": 2}):
        assert sam.patch(f"/tickets/{first}", unchanged | {"version": 1}).status_code == 409

    merged = sam.post(f"/tickets/{second}/merge", {"into": first}).json()
    assert (merged["ref"], merged["merged"]) == (first, [second])
    assert [one["body"] for one in merged["messages"]] == ["We paid in May.", "And in June."]
    assert ana.get(f"/tickets/{second}").json()["merged_into"] == first

    reopened = ana.post(f"/tickets/{first}/messages", {"body": "Still wrong."})
    assert reopened.headers["Location"].startswith(f"/api/v1/tickets/{first}#message-")
    assert sam.get(f"/tickets/{first}").json()["state"] == "open"


def test_without_the_scope_for_support_staff_are_customers(make, api, agent, asker):
    ref = api(asker).post("/tickets", {"subject": "An invoice twice", "body": "We paid in May."}).json()["ref"]
    plain = api(agent, Scope.READ, Scope.WRITE)

    assert plain.get("/tickets").json() == {"items": [], "next": None}
    assert plain.get(f"/tickets/{ref}").status_code == 404
    assert plain.patch(f"/tickets/{ref}", {"priority": "low"}).status_code == 404
    assert plain.post(f"/tickets/{ref}/messages", {"body": "Hello"}).status_code == 404


def test_asking_staff_takes_a_known_reason_or_ones_own_words(make, api, asker, agent, thread, database):
    ana, sam = api(asker), api(agent)
    early = ana.post(f"/threads/{thread.id}/escalation", {"reason": "Nobody has helped me so far."})
    assert early.status_code == 422
    assert early.json()["errors"][0]["field"] == "reason"

    ref = ana.post(f"/threads/{thread.id}/escalation", {"reason": "security"}).json()["ticket"]

    assert sam.get(f"/tickets/{ref}").json()["messages"][0]["body"] == "A security problem"
    other = make.thread(author=make.account("otto"))
    handed = sam.post(f"/threads/{other.id}/escalation", {"reason": "Only we can look into this one."})
    assert handed.status_code == 201
    [note] = sam.get(f"/tickets/{handed.json()['ticket']}").json()["messages"]
    assert (note["body"], note["audience"]) == ("Only we can look into this one.", "internal")
