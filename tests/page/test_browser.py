"""The fleet page as a browser shows it: on a phone and on a desk, light and dark, full and empty, with what hostile devices sent.

LATCHKEY_SCREENSHOTS=DIR keeps pictures of it all."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from chromium import Browser  # noqa: E402
from stack_case import StackTest, within  # noqa: E402

SMALLEST_LETTER = "Math.min(...[...document.querySelectorAll('main *')].map(e => parseFloat(getComputedStyle(e).fontSize)))"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}

# Rows as the service would write them, in the shape of a fleet that has lived for a month.
FLEET = r"""
SET search_path = registry;
INSERT INTO enrollment_group (name, proof, material, admission) VALUES
  ('meters', 'symmetric_key', '\x00', 'automatic'), ('gateways', 'symmetric_key', '\x00', 'approval');
WITH rolled AS (
  SELECT n, now() - interval '30 days' * (1 - (n / 640.0) ^ 0.6) - interval '1 hour' AS asked, CASE WHEN n % 53 = 0 THEN 'provisioning_requested'
      WHEN n % 41 = 0 THEN 'registered' WHEN n % 17 = 0 THEN 'connected' WHEN n % 97 = 0 THEN 'suspended' WHEN n % 101 = 0 THEN 'revoked' ELSE 'ready' END AS state
  FROM generate_series(1, 640) n)
INSERT INTO device (device_id, group_name, enrolled_by, state, resume_state, generation, attributes, requested_at, registered_at, credentials_sent_at, connected_at, ready_at,
                    applied_config_version, confirmed, acted_at, actor, reason)
  SELECT 'meter-' || to_char(n, 'FM0000'), 'meters', 'group:meters', state, CASE state WHEN 'suspended' THEN 'ready' END, CASE state WHEN 'provisioning_requested' THEN 0 ELSE 1 END,
    jsonb_build_object('model', 'T1000', 'firmware_version', '4.2.' || n % 7), asked, CASE WHEN state <> 'provisioning_requested' THEN asked + interval '40 ms' END,
    CASE WHEN state <> 'provisioning_requested' THEN asked + interval '60 ms' END, CASE WHEN state NOT IN ('provisioning_requested', 'registered') THEN asked + interval '3 s' END,
    CASE WHEN state IN ('ready', 'suspended', 'revoked') THEN asked + interval '4 s' END, 1, CASE WHEN state <> 'provisioning_requested' THEN 1 END,
    CASE WHEN state IN ('suspended', 'revoked') THEN now() - interval '3 hours' END, CASE WHEN state IN ('suspended', 'revoked') THEN 'alice' END,
    CASE state WHEN 'suspended' THEN 'looked at in the lab' WHEN 'revoked' THEN 'reported stolen' END FROM rolled;
UPDATE device SET waiting_digest = sha256(device_id::text::bytea), waiting_since = requested_at WHERE state = 'provisioning_requested' AND device_id < 'meter-0300';
INSERT INTO credential (device_id, generation, type, request_id, digest, salt, master_key, signed_by, status, not_before, not_after, use_by, connected_at)
  SELECT device_id, 1, 'password', 'request-' || device_id || '-0001', sha256('x'), '\x00112233445566778899aabbccddeeff', '\x0011223344556677', 'service', 'active',
         now() - interval '80 days', now() + interval '1 hour' * (5 + 37 * (row_number() OVER (ORDER BY device_id))), now(), now() - interval '79 days'
  FROM device WHERE state IN ('ready', 'connected') ORDER BY device_id LIMIT 7;
INSERT INTO presence (device_id, session, generation, online, last_seen_at)
  SELECT device_id, 'session1', 1, device_id > 'meter-0004', now() - interval '7 minutes' FROM device WHERE state IN ('ready', 'connected');
INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, group_name, latency_us)
  SELECT gen_random_uuid(), CASE WHEN n % 4 = 0 THEN 'B8:27:EB:12:34:' || to_char(n, 'FM00') ELSE 'meter-' || to_char(n * 31, 'FM0000') END, now() - interval '11 minutes' * n ^ 1.7,
    'rejected', CASE n % 4 WHEN 0 THEN 'unauthorized' WHEN 1 THEN 'conflict' WHEN 2 THEN 'unauthorized' ELSE 'device_suspended' END,
    CASE n % 4 WHEN 0 THEN 'no_enrolment' WHEN 1 THEN 'request_id_reused' WHEN 2 THEN 'wrong_key' ELSE 'device_suspended' END, CASE WHEN n % 4 <> 0 THEN 'meters' END, 4000 + n FROM generate_series(1, 14) n;
"""

HOSTILE = r"""
SET search_path = registry;
UPDATE device SET attributes = '{"model": "\"><script>alert(1)</script>", "note": "<img src=x onerror=alert(2)>", "name": "‮gnp.exe", "long": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
    failed_at = now(), failure = '</bdi><svg onload=alert(3)> cannot mount /data' WHERE device_id IN ('meter-0017', 'meter-0053');
"""


class Page(StackTest):
    browsers: dict[tuple[str, bool], Browser] = {}

    def look(self, size: str, dark: bool, path: str = "/") -> Browser:
        if (size, dark) not in self.browsers:
            self.browsers[size, dark] = Browser(self.folder / f"{size}-{dark}", *SIZES[size], dark)
            self.addClassCleanup(self.browsers[size, dark].close)
        browser = self.browsers[size, dark]
        browser.open(f"http://127.0.0.1:{self.stack.http_port}{path}")
        return browser

    def each_look(self, name: str, path: str) -> Iterator[Browser]:
        """What has to hold everywhere; pictures where they are wanted."""
        for size in SIZES:
            for dark in (False, True):
                what = f"{name}-{size}-{'dark' if dark else 'light'}"
                browser = self.look(size, dark, path)
                self.keep(browser, what)
                self.assertLessEqual(browser.ask("document.documentElement.scrollWidth"), SIZES[size][0], f"{what}: nothing stands out")
                self.assertEqual(browser.ask("document.scripts.length"), 1, what)
                self.assertEqual(self.is_dark(browser), dark, what)
                self.assertGreaterEqual(browser.ask(SMALLEST_LETTER), 11, what)
                self.assertEqual(browser.complaints, [], what)
                yield browser

    def fetch(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.http_port}/") as page:
            return page.read().decode()

    def is_dark(self, browser: Browser) -> bool:
        red = browser.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        return int(red) < 128

    def keep(self, browser: Browser, name: str) -> None:
        if folder := os.environ.get("LATCHKEY_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            browser.screenshot(Path(folder) / f"{name}.png")

    def test_a_fleet_from_empty_to_full(self) -> None:
        """In this order: an empty registry, one that lives, and one with what hostile devices sent."""
        for browser in self.each_look("empty", "/"):
            self.assertEqual(browser.ask("document.querySelectorAll('.empty').length"), 5)
        self.stack.cluster.sql(FLEET)
        within(60, "the fleet is counted", lambda: "<strong>640</strong>" in self.fetch())
        for browser in self.each_look("fleet", "/"):
            self.assertEqual(browser.ask("document.querySelectorAll('.days g').length"), 30)
            self.assertGreater(browser.ask("document.querySelector('.days rect.ready').getBoundingClientRect().width"), 1)
            self.assertIn("640", browser.ask("document.querySelector('.about strong').textContent"))
        self.stack.cluster.sql(HOSTILE)
        for name, path in {"hostile": "/", "device": "/?device=meter-0017", "waiting": "/?device=meter-0053", "nobody": "/?device=%3Cscript%3Ealert(1)%3C/script%3E", "list": "/?view=devices&label=%3Cscript%3E%3D1", "found": "/?view=devices&state=ready"}.items():
            for browser in self.each_look(name, path):
                self.assertEqual(browser.ask("document.querySelectorAll('main img, main [onload], main [onerror]').length"), 0)
        self.assertIn("<script>alert(1)</script>", self.look("desk", False, "/?device=meter-0017").ask("document.body.innerText"))

    def refreshed(self, browser: Browser) -> None:
        """As when the page becomes visible again: no need to wait for the interval."""
        browser.ask("document.dispatchEvent(new Event('visibilitychange'))")

    def shows(self, browser: Browser, text: str) -> bool:
        return text in browser.ask("document.querySelector('main').innerText")

    def test_the_page_refreshes_itself(self) -> None:
        browser = self.look("desk", False, "/?view=devices&id=fresh-")
        browser.ask("document.getElementById('device').value = 'typed'")
        self.enrolled("fresh-1")
        within(60, "the page shows the new device by itself", lambda: self.shows(browser, "fresh-1"))
        self.assertEqual(browser.ask("document.getElementById('device').value"), "typed")
        self.assertEqual(browser.complaints, [])

    def test_what_somebody_fills_in_is_not_replaced(self) -> None:
        browser = self.look("desk", False, "/?view=devices&id=kept-")
        browser.ask("{ const ask = fetch; window.asked = 0; window.fetch = (...what) => { ++asked; return ask(...what) } }")
        browser.ask("document.querySelector('main').id = 'old'; document.querySelector('[name=group]').value = 'met'")
        self.refreshed(browser)
        browser.ask("document.querySelector('[name=state]').selectedIndex = 1; document.querySelector('[name=group]').value = ''")
        self.refreshed(browser)
        browser.ask("document.querySelector('[name=state]').selectedIndex = 0; document.querySelector('[name=group]').focus()")
        self.refreshed(browser)
        self.assertEqual(browser.ask("asked"), 0)
        browser.ask("document.activeElement.blur()")
        self.refreshed(browser)
        within(20, "nobody uses it any more", lambda: browser.ask("document.querySelector('main').id") == "")

    def test_a_page_that_is_old_says_so(self) -> None:
        browser = self.look("phone", False)
        self.assertTrue(browser.ask("document.getElementById('stale').hidden"))
        self.stack.service.stop()
        self.refreshed(browser)
        within(20, "the service does not answer", lambda: not browser.ask("document.getElementById('stale').hidden"))
        self.keep(browser, "stale-phone")
        self.assertTrue(self.shows(browser, "Devices"))
        self.stack.service.start()
        within(60, "the page is fresh again", lambda: browser.ask("document.getElementById('stale').hidden"))

    def test_without_scripts_the_page_is_the_same(self) -> None:
        browser = self.look("desk", True)
        browser.call("Emulation.setScriptExecutionDisabled", value=True)
        self.addCleanup(browser.call, "Emulation.setScriptExecutionDisabled", value=False)
        browser = self.look("desk", True)
        self.assertTrue(self.shows(browser, "Pending approvals"))

    def test_one_device_is_found_by_its_id_without_a_script(self) -> None:
        self.enrolled("found-1").provision()
        browser = self.look("phone", False)
        browser.ask("document.getElementById('device').value = 'found-1'; document.querySelector('form').submit()")
        browser.wait_for_load()
        self.assertEqual(browser.ask("document.querySelector('h1').textContent"), "found-1")
        self.assertIn("registered", browser.ask("document.querySelector('h1 + p').textContent"))
