"""The log as JSON lines: one search by the tracking id tells what became of a request, and no secret is in it."""

from __future__ import annotations

import json
import secrets

from stack_case import StackTest, within

from jose import Json


class Lines(StackTest):
    """At level debug, every step."""

    settings = {"log": {"level": "debug"}}
    steps = ["received", "decided", "answered"]

    def story(self, tracking_id: str) -> list[Json]:
        """The lines with this tracking id, up to the one that ends it."""
        def look() -> list[Json] | None:
            lines = [line for line in self.stack.service.log.read_text().splitlines() if tracking_id in line]
            found = [json.loads(line) for line in lines]
            return found if found and found[-1]["msg"] == "answered" else None
        return within(10, f"{tracking_id} is answered", look)

    def assert_told(self, answer: Json, decision: str, code: str, reason: str) -> None:
        story = self.story(answer["tracking_id"])
        self.assertEqual([line["msg"] for line in story], self.steps)
        self.assertEqual({line["device_id"] for line in story}, {self.name})
        last = story[-1]
        self.assertEqual((last["decision"], last["code"], last["level"]), (decision, code, "info"))
        self.assertEqual(last["reason"], reason)
        self.assertEqual((last["request_id"], last["handed_over"]), (answer["request_id"], True))
        self.assertGreater(last["took_us"], 0)
        self.assertTrue(all(one["ts"] <= other["ts"] for one, other in zip(story, story[1:])))
        found = self.query("SELECT a.device_id, a.decision, coalesce(a.code, '') AS code, coalesce(a.reason_id, '') AS reason, "
                           "coalesce(a.reason, '') AS words, coalesce(r.text, '') AS text FROM registry.attempts a "
                           f"LEFT JOIN registry.reasons r ON r.id = a.reason_id WHERE a.tracking_id = '{answer['tracking_id']}'")
        ledger = found[0]
        self.assertEqual({name: last[name] for name in ("device_id", "decision", "code", "reason")}.items() - ledger.items(), set())
        self.assertEqual(ledger["words"], ": ".join(part for part in (ledger["text"], last["detail"]) if part))

    def test_an_accepted_request(self) -> None:
        device = self.enrolled()
        answer = device.provision()
        self.assert_accepted(answer)
        self.assert_told(answer, "accepted", "", "")

    def test_a_rejected_request_with_its_true_reason(self) -> None:
        self.enrolled()
        canary = secrets.token_urlsafe(24)
        stranger = self.device(self.name, self.token_proof(canary))
        answer = self.assert_rejected(stranger.provision(), "unauthorized")
        self.assert_told(answer, "rejected", "unauthorized", "other_kind_of_proof")
        self.assertNotIn(canary, self.stack.service.log.read_text())

    def test_every_line_is_one_object(self) -> None:
        hostile = self.device(self.name, self.token_proof("a\nb\"},{\"level\":\"info\u202e" + "x" * 20))
        hostile.provision(limit_s=2)
        for line in self.stack.service.log.read_text().splitlines():
            found = json.loads(line)
            self.assertEqual(list(found)[:3], ["ts", "level", "msg"])


class Answers(Lines):
    """At level info, as it comes: one line a request."""

    settings = {"log": {"level": "info"}}
    steps = ["answered"]
