"""The gate in a real Mosquitto, under sanitizers: who is let in, and what each may do (docs/gate.md)."""

from __future__ import annotations

from gate_case import FAR, LIMIT_S, GateTest, login_of

from wire import Login, Wire, WireError


class Listeners(GateTest):
    """The plugin cannot ask on which listener a connection came in: it goes by what the connection shows."""

    def test_a_certificate_of_the_device_ca_makes_a_device(self) -> None:
        service = self.service("devices/+/status")
        wire = self.device("m1")
        wire.subscribe("devices/m1/config")
        wire.publish("devices/m1/status", b"here")
        self.assertEqual(service.receive().payload, b"here")
        service.publish("devices/m1/config", b"there")
        self.assertEqual(wire.receive().payload, b"there")

    def test_a_certificate_is_good_for_its_own_client_id_alone(self) -> None:
        login = self.certificate("m1")
        for client_id in ("m2", "@m1", "m1@1", "@admin", ""):
            with self.subTest(client_id):
                self.assert_refused(lambda: self.device(client_id, login))

    def test_a_certificate_does_not_lend_its_name_to_an_account(self) -> None:
        for name in ("@service", "@admin", "service", "admin"):
            login = self.certificate(name)
            self.assert_refused(lambda: self.device("@service-x", login))
        wire = self.device("service")
        self.assert_cannot_subscribe(wire, "devices/+/status", "provisioning/v1/+/request")

    def test_a_password_makes_a_device(self) -> None:
        self.commander.say(f"d 1 m1 0 {login_of(1, 'secret')}")
        service = self.service("devices/+/status")
        wire = self.with_password("m1", 1, "secret")
        wire.publish("devices/m1/status", b"here")
        self.assertEqual(service.receive().payload, b"here")
        self.assert_cannot_subscribe(wire, "devices/m2/config", "#")

    def test_a_password_is_good_for_its_own_generation_and_client_id_alone(self) -> None:
        self.commander.say(f"d 1 m1 0 {login_of(1, 'secret')}")
        for how in ((2, "secret"), (1, "other"), (1, ""), (1, "secret", "m2"), (1, "secret", "@m1")):
            with self.subTest(how):
                self.assert_refused(lambda: self.with_password("m1", *how))

    def test_an_account_does_not_come_in_under_a_devices_client_id(self) -> None:
        for name in ("service", "admin"):
            self.assert_refused(lambda: Wire(self.bootstrap_url, "m1", self.account(name)))

    def test_a_wrong_password_of_an_account_is_refused(self) -> None:
        for user in ("@service", "@bootstrap", "@admin", "@nobody"):
            self.assert_refused(lambda: Wire(self.bootstrap_url, "@x", Login(self.servers.pem, user, "wrong")))
        self.assert_refused(lambda: Wire(self.bootstrap_url, "m1", Login(self.servers.pem, "@bootstrap", "wrong")))

    def test_a_client_without_a_client_id_is_no_device(self) -> None:
        wire = self.kept(Wire(self.bootstrap_url, "", self.account("service")))
        wire.publish("devices/m1/config", b"x")


class FactoryCertificates(GateTest):
    """A bootstrap listener that demands a factory's certificate, beside which the account logs in."""

    def setUp(self) -> None:
        # Both CAs are trusted on the devices' listener: the worst case.
        GateTest.setUp(self)
        both = self.folder / "both.pem"
        both.write_text(self.devices.pem.read_text() + self.factory.pem.read_text())
        both.chmod(0o644)
        text = self.broker.configuration.read_text()
        self.broker.configuration.write_text(text.replace("cafile " + str(self.devices.pem), f"cafile {both}"))
        self.restart()
        self.commander = self.command()

    def test_a_factory_certificate_makes_no_device(self) -> None:
        login = self.certificate("m1", self.factory)
        self.assert_refused(lambda: self.device("m1", login))
        self.assert_refused(lambda: self.device("@m1", login))
        self.device("m1").subscribe("devices/m1/config")

    def test_with_a_factory_certificate_the_bootstrap_account_logs_in(self) -> None:
        certificate = self.certificate("m1", self.factory)
        account = self.account("bootstrap")
        login = Login(account.ca, account.username, account.password, certificate.certificate, certificate.key)
        wire = self.device("m1", login)
        wire.subscribe("provisioning/v1/m1/response")
        self.assert_cannot_subscribe(wire, "devices/m1/config")


class Bootstrap(GateTest):
    def test_a_bootstrap_connection_has_its_own_pair_alone(self) -> None:
        service = self.service("provisioning/v1/+/request", "devices/+/status")
        wire = self.bootstrap("m1")
        wire.subscribe("provisioning/v1/m1/response")
        for topic in ("devices/m1/status", "provisioning/v1/m2/request", "provisioning/v1/m1/response", "elsewhere"):
            wire.publish(topic, b"no")
        wire.publish("provisioning/v1/m1/request", b"yes")
        self.assertEqual(service.receive().payload, b"yes")
        self.assertIsNone(service.receive(0.1))
        self.assert_cannot_subscribe(wire, "provisioning/v1/+/response", "provisioning/v1/m2/response", "devices/m1/config", "#")

    def test_bootstrap_connections_do_not_end_a_ready_devices_session(self) -> None:
        session = self.device("m1")
        for _ in range(50):
            self.assert_refused(lambda: self.bootstrap("m1"), "CONNECT")
        self.assertFalse(session.is_lost(0.2))
        session.subscribe("devices/m1/config")
        session.close()
        self.log_says("the device has an operational session")
        self.bootstrap("m1").subscribe("provisioning/v1/m1/response")

    def test_the_operational_session_of_a_device_ends_its_bootstrap_session(self) -> None:
        asking = self.bootstrap("m1")
        self.device("m1")
        self.assertTrue(asking.is_lost(LIMIT_S))


class Sessions(GateTest):
    def test_a_new_session_ends_the_old_one(self) -> None:
        login = self.certificate("m1")
        old = self.device("m1", login)
        new = self.device("m1", login)
        self.assertTrue(old.is_lost(LIMIT_S))
        self.assertFalse(new.is_lost(0.2))
        self.assert_refused(lambda: self.bootstrap("m1"), "CONNECT")

    def test_the_end_of_the_first_generation_does_not_end_the_second(self) -> None:
        self.commander.say(f"d 1 m1 0 {login_of(1, 'one')} {login_of(2, 'two')}")
        old = self.with_password("m1", 1, "one")
        new = self.with_password("m1", 2, "two")
        self.assertTrue(old.is_lost(LIMIT_S))
        self.commander.say(f"d 2 m1 0 {login_of(2, 'two')}")
        self.assertFalse(new.is_lost(0.3))
        self.commander.say("d 3 m1 0")
        self.assertTrue(new.is_lost(LIMIT_S))

    def test_a_denied_device_is_ended_and_kept_out_by_either_credential(self) -> None:
        self.commander.say(f"d 1 m1 0 {login_of(1, 'one')}")
        login = self.certificate("m1")
        for connect in (lambda: self.device("m1", login), lambda: self.with_password("m1", 1, "one")):
            session = connect()
            self.commander.say(f"d 2 m1 {FAR}")
            self.assertTrue(session.is_lost(LIMIT_S))
            self.assert_refused(connect)
            self.commander.epoch += 1
            self.commander.snapshot(f"d 1 m1 0 {login_of(1, 'one')}")

    def test_a_denied_certificate_is_ended_and_another_of_the_device_let_in(self) -> None:
        login = self.certificate("m1")
        serial = f"{self.serial:x}"
        session = self.device("m1", login)
        self.commander.say(f"s 1 {serial} m1 {FAR}")
        self.assertTrue(session.is_lost(LIMIT_S))
        self.assert_refused(lambda: self.device("m1", login))
        self.device("m1")

    def test_the_will_of_a_denied_device_is_not_sent(self) -> None:
        service = self.service("devices/+/status")
        session = self.device("m1", will=("devices/m1/status", b"will"))
        self.commander.say(f"d 1 m1 {FAR}")
        self.assertTrue(session.is_lost(LIMIT_S))
        self.assertIsNone(service.receive(0.3))

    def test_a_devices_own_will_gets_through_and_one_on_anothers_topic_does_not(self) -> None:
        service = self.service("devices/+/status")
        self.device("m1", will=("devices/m2/status", b"forged")).drop()
        self.device("m2", will=("devices/m2/status", b"own")).drop()
        self.assertEqual(service.receive().payload, b"own")
        self.assertIsNone(service.receive(0.3))

    def test_a_neighbour_notices_nothing(self) -> None:
        neighbour = self.device("m1")
        neighbour.subscribe("devices/m1/config")
        self.commander.say(*(f"d 1 x{n} {FAR}" for n in range(100)))
        self.commander.snapshot()
        self.service().publish("devices/m1/config", b"x")
        self.assertEqual(neighbour.receive().payload, b"x")


class Rights(GateTest):
    def setUp(self) -> None:
        super().setUp()
        self.commander.say("t 1 set p:plant/${device_id}/telemetry/# s:plant/${device_id}/commands/+", "r 1 m1 set", "r 1 m2 set")
        # The platform behind the broker: an account with its own lines in the acl_file.
        acl = self.folder / "mosquitto.acl"
        acl.write_text(acl.read_text() + "user @service\ntopic readwrite plant/#\ntopic read $SYS/#\n")
        self.reload()
        self.platform = self.service("plant/#")

    def test_telemetry_and_commands_of_its_own(self) -> None:
        wire = self.device("m1")
        wire.publish("plant/m1/telemetry/a/b", b"1")
        self.assertEqual(self.platform.receive().topic, "plant/m1/telemetry/a/b")
        wire.subscribe("plant/m1/commands/+")
        self.platform.publish("plant/m1/commands/stop", b"now")
        self.assertEqual(wire.receive().payload, b"now")

    def test_nothing_of_anothers(self) -> None:
        wire = self.device("m1")
        for topic in ("plant/m2/telemetry/a", "plant/m1/commands/a", "plant/m1", "plant/m1/other", "$SYS/broker/x"):
            wire.publish(topic, b"no")
        wire.publish("plant/m1/telemetry/end", b"yes")
        self.assertEqual(self.platform.receive().payload, b"yes")
        self.assert_cannot_subscribe(
            wire, "plant/m2/commands/a", "plant/+/commands/+", "plant/#", "#", "+/m1/commands/a", "$SYS/#", "$SYS/broker/uptime",
            "$CONTROL/#", "$CONTROL/latchkey/v1/response", "$share/g/plant/m1/commands/a", "$share/g/plant/#")

    def test_a_device_named_like_a_word_of_a_template_gains_nothing(self) -> None:
        self.commander.say("r 1 telemetry set", "r 1 plant set")
        for name in ("telemetry", "plant"):
            wire = self.device(name)
            self.assert_cannot_subscribe(wire, "plant/m1/commands/a", f"plant/{name}/#")
            wire.publish("plant/m1/telemetry/a", b"no")
        self.device("m1").publish("plant/m1/telemetry/end", b"yes")
        self.assertEqual(self.platform.receive().payload, b"yes")

    def test_a_right_ends_in_an_open_session(self) -> None:
        wire = self.device("m1")
        wire.subscribe("plant/m1/commands/+")
        self.commander.say("r 2 m1 -")
        wire.publish("plant/m1/telemetry/a", b"no")
        self.platform.publish("plant/m1/commands/stop", b"no")
        self.service().publish("devices/m1/config", b"x")
        wire.subscribe("devices/m1/config")
        self.assertEqual(self.platform.receive().topic, "plant/m1/commands/stop")
        self.assertIsNone(self.platform.receive(0.2))
        self.assertIsNone(wire.receive(0))

    def test_rights_outlive_the_broker_and_the_service(self) -> None:
        self.restart(kill=True)
        wire = self.device("m1")
        wire.publish("plant/m1/telemetry/a", b"1")
        wire.subscribe("plant/m1/commands/+")

    def test_a_retained_message_on_anothers_topic_is_not_kept(self) -> None:
        text = self.broker.configuration.read_text()
        self.broker.configuration.write_text(text.replace("retain_available false", "retain_available true"))
        self.restart()
        self.device("m1").publish("plant/m2/commands/stop", b"no", retain=True)
        wire = self.device("m2")
        wire.subscribe("plant/m2/commands/+")
        self.assertIsNone(wire.receive(0.3))


class Reload(GateTest):
    def test_sighup_ends_no_session(self) -> None:
        self.commander.say(f"d 1 p1 0 {login_of(1, 'one')}")
        sessions = [self.device("m1"), self.with_password("p1", 1, "one"), self.bootstrap("b1"), self.service()]
        self.reload()
        for session in sessions:
            self.assertFalse(session.is_lost(0.2))
        self.assertTrue(self.commander.say("hello").is_open)
        self.assert_refused(lambda: self.device("m2", self.certificate("m3")))

    def test_sighup_loses_no_session_of_a_device_that_is_away(self) -> None:
        login = self.certificate("m1")
        away = self.device("m1", login, version=4, clean=False)
        away.subscribe("devices/m1/config")
        away.close()
        self.reload()
        self.service().publish("devices/m1/config", b"kept")
        self.assertEqual(self.device("m1", login, version=4, clean=False).receive().payload, b"kept")

    def test_sighup_has_accounts_judged_anew(self) -> None:
        """The gate leaves Mosquitto's own files to Mosquitto."""
        service = self.service()
        table = self.folder / "mosquitto.passwords"
        table.write_text("".join(line for line in table.read_text().splitlines(True) if not line.startswith("@service:")))
        self.reload()
        self.assertTrue(service.is_lost(LIMIT_S))
        self.assertTrue(self.commander.say("hello").is_open)


class Control(GateTest):
    def test_only_the_services_account_commands_the_gate(self) -> None:
        self.commander.say(f"d 1 m1 0 {login_of(1, 'one')}")
        for wire in (self.device("m2"), self.with_password("m1", 1, "one"), self.bootstrap("m3"), self.service()):
            wire.publish("$CONTROL/latchkey/v1", f"latchkey 1 x 0\nd 9 m1 {FAR}".encode())
            self.assert_cannot_subscribe(wire, "$CONTROL/latchkey/v1/response", "$CONTROL/latchkey/v1")
        self.with_password("m1", 1, "one")

    def test_a_message_that_is_none_of_the_protocols_is_not_answered(self) -> None:
        for payload in (b"", b"\0" * 100, b"latchkey 2 x 0\nhello", b"latchkey 1 x 0\n" + b"d" * 5000, b"\xff" * 4096):
            self.commander.wire.publish("$CONTROL/latchkey/v1", payload)
        self.assertIsNone(self.commander.wire.receive(0.1))
        self.assertEqual(self.commander.say("nonsense").said, "refused unreadable")
        self.assertTrue(self.commander.say("hello").is_open)

    def test_each_replica_gets_its_own_answers(self) -> None:
        other = self.command("@other")
        self.commander.say("hello")
        other.say("hello")
        self.assertIsNone(other.wire.receive(0.1))

    def test_what_is_older_is_refused(self) -> None:
        other = self.command("@other")
        self.assertEqual(self.commander.say(f"d 12 m1 {FAR}").said, "done 1 0")
        self.assertEqual(other.say("d 11 m1 0").said, "done 0 1")
        self.assertEqual(other.snapshot("d 11 m1 0", floor=11).said, "done 0 0")
        self.assert_refused(lambda: self.device("m1"))
        other.epoch = 7
        self.assertEqual(other.say("d 13 m1 0").said, "refused epoch")
        other.snapshot("d 1 m1 0", floor=1)
        self.device("m1")
        self.assertEqual(self.commander.say(f"d 99 m1 {FAR}").said, "refused epoch")
        self.device("m1")

    def test_a_service_that_died_in_a_snapshot_leaves_what_was(self) -> None:
        self.commander.say(f"d 1 m1 {FAR}", f"d 1 p1 0 {login_of(1, 'one')}")
        dying = self.command("@dying")
        dying.say("begin 100", f"d 2 m2 {FAR}")
        dying.wire.drop()
        again = self.command("@dying")
        self.assertEqual(again.say("end 1").said, "refused end")
        self.assert_refused(lambda: self.device("m1"))
        self.with_password("p1", 1, "one")
        again.snapshot(floor=100)
        self.device("m1")
        self.assert_refused(lambda: self.with_password("p1", 1, "one"))
