"""The service behind PgBouncer in session mode: all that it does to a database goes through, what operators announce as well."""

from __future__ import annotations

import time

from stack_case import StackTest

from account import give
from daemon import Daemon
from mosquitto import find
from ports import free_port
from postgres import url

SETTINGS = """\
[databases]
latchkey = host=127.0.0.1 port={database_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {logins}
pool_mode = session
"""


class PgBouncer(StackTest):
    pool: Daemon
    port: int

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.port = free_port()
        home = cls.stack.home
        logins = home.keep_secret("pgbouncer.logins", f'"latchkey" "{cls.stack.passwords["latchkey"]}"')
        settings = cls.stack.folder / "pgbouncer.ini"
        settings.write_text(SETTINGS.format(database_port=cls.stack.cluster.port, port=cls.port, logins=logins))
        give(settings)
        cls.pool = Daemon("pgbouncer", [find("pgbouncer"), str(settings)], cls.stack.folder, ends_with_parent=True)
        cls.addClassCleanup(cls.pool.stop)
        cls.pool.start()
        cls.stack.service.stop()
        cls.stack.service.start(LATCHKEY_DATABASE_URL=url("latchkey", cls.port))

    def test_a_device_becomes_ready(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")
        self.assertIn("latchkey/latchkey@127.0.0.1", self.pool.log.read_text())

    def test_an_operators_announcement_comes_through(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        with device.connect() as session:
            session.say("connected", generation=session.generation)
            # The look that needs no announcement comes every five seconds: too seldom for all of these.
            for version in range(2, 7):
                self.stack.sql(f"SELECT registry.set_device_config('{self.name}', '{{\"a\": {version}}}', 'why')")
                pushed = session.listen(time.monotonic() + 1)
                assert pushed, f"configuration {version} was not pushed within a second"
                self.assertEqual(session.say("ready", config_version=pushed["config_version"])["config_version"], version)

    def test_the_service_outlives_its_pooler(self) -> None:
        self.pool.kill()
        self.pool.start()
        device = self.enrolled()
        self.assert_accepted(device.provision())
