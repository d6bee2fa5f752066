"""broker_access.mode = "http": a broker asks the service, in the formats of RabbitMQ and EMQX."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import urllib.parse

from access_case import LIMIT_S, AccessTest

from foreign_device import Device
from ports import free_port
from stack import Settings, Stack, within

TOKEN = secrets.token_hex(16)


class Broker:
    """As the brokers do: it keeps its connection to the service open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, str]:
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def rabbitmq(self, what: str, **fields: str) -> bool:
        status, body = self.post(f"/{TOKEN}/rabbitmq/{what}", urllib.parse.urlencode(fields).encode(),
                                 **{"Content-Type": "application/x-www-form-urlencoded"})
        assert status == 200 and body in ("allow", "deny"), (status, body)
        return body == "allow"

    def emqx(self, what: str, **fields: str) -> str:
        status, body = self.post(f"/emqx/{what}", json.dumps(fields).encode(),
                                 **{"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
        assert status == 200, (status, body)
        return json.loads(body)["result"]

    def logs_in(self, device: Device, client_id: str = "") -> bool:
        """With whatever credential the device has."""
        login = device.login()
        client = {"vhost": "/", "client_id": client_id or device.device_id}
        if login.username:
            is_known = self.rabbitmq("user", username=login.username, password=login.password, **client)
        else:  # RabbitMQ says nothing else of one with a certificate
            is_known = self.rabbitmq("user", username=device.device_id)
        return is_known and self.rabbitmq("vhost", username=login.username or device.device_id, ip="127.0.0.1", **client)

    def may(self, username: str, permission: str, topic: str) -> bool:
        return self.rabbitmq("topic", username=username, vhost="/", resource="topic", name="amq.topic", permission=permission,
                             routing_key=topic.replace("/", ".").replace("+", "*"),
                             **{"variable_map.client_id": username.split("@")[0]})


class HttpStack(Stack):
    """Its service answers on `question_port`."""

    def service_settings(self) -> Settings:
        settings = super().service_settings()
        settings["broker_access"] = {"mode": "http", "listen": f"127.0.0.1:{self.question_port}",
                                     "token_file": str(self.home.keep_secret("broker.token", TOKEN))}
        return settings


class HttpMode(AccessTest):
    make_stack = HttpStack

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.question_port = free_port()

    def setUp(self) -> None:
        self.broker = Broker(self.stack.question_port)
        self.addCleanup(self.broker.connection.close)

    def with_password(self, **fields: object) -> Device:
        return self.provisioned(self.name, wants="password", **fields)

    def test_a_password_is_good_when_the_device_gets_it(self) -> None:
        device = self.with_password()
        self.assertTrue(self.broker.logs_in(device))
        self.assertFalse(self.broker.logs_in(device, client_id="another"))
        self.assertFalse(self.broker.rabbitmq("user", username=f"{self.name}@1", password="x", client_id=self.name))
        self.assertEqual(self.broker.emqx("authenticate", username=f"{self.name}@1", password=device.opened["password"],
                                          clientid=self.name), "allow")
        self.assertEqual(self.broker.emqx("authenticate", username=f"{self.name}@1", password="x", clientid=self.name), "deny")

    def test_a_certificate_is_good_for_its_own_client_id(self) -> None:
        device = self.provisioned(self.name)
        self.assertTrue(self.broker.logs_in(device))
        self.assertFalse(self.broker.logs_in(device, client_id="another"))
        self.assertEqual(self.broker.emqx("authenticate", clientid=self.name, cert_common_name=self.name), "allow")
        self.assertEqual(self.broker.emqx("authenticate", clientid="another", cert_common_name=self.name), "deny")

    def test_each_device_has_its_own_topics_and_queues(self) -> None:
        self.with_password()
        user = f"{self.name}@1"
        self.assertTrue(self.broker.rabbitmq("resource", username=user, vhost="/", resource="queue", client_id=self.name,
                                             name=f"mqtt-subscription-{self.name}qos1", permission="configure"))
        self.assertTrue(self.broker.may(user, "write", f"devices/{self.name}/status"))
        self.assertTrue(self.broker.may(user, "read", f"devices/{self.name}/config"))
        for permission, topic in (("write", "devices/another/status"), ("read", "devices/another/config"),
                                  ("read", "devices/+/config"), ("read", "#"), ("write", "plant/x")):
            with self.subTest(topic):
                self.assertFalse(self.broker.may(user, permission, topic))

    def test_rights_hold_when_the_device_is_told_them(self) -> None:
        self.act("enroll_group('entitled', 'token', sha256('nobody'), credential_types => '{x509,password}')")
        self.act("""set_group_rights('entitled', '{"publish": ["plant/${device_id}/#"]}', 'why')""")
        device = self.enrolled(self.name, "--group", "entitled")
        self.assert_accepted(device.provision())
        topic = f"plant/{self.name}/telemetry"
        self.assertFalse(self.broker.may(self.name, "write", topic))
        self.session(device)
        self.assertTrue(self.broker.may(self.name, "write", topic))
        self.assertEqual(self.broker.emqx("authorize", username=self.name, clientid=self.name, action="publish", topic=topic), "allow")
        self.act("set_group_rights('entitled', NULL, 'why')")
        within(LIMIT_S, "the right ends", lambda: not self.broker.may(self.name, "write", topic))

    def test_a_device_that_is_moved_loses_the_rights_of_its_group(self) -> None:
        for group in ("left", "joined"):
            self.act(f"enroll_group('{group}', 'token', sha256('{group}'))")
        self.act("""set_group_rights('left', '{"publish": ["plant/${device_id}/#"]}', 'why')""")
        device = self.enrolled(self.name, "--group", "left")
        self.assert_accepted(device.provision())
        self.session(device)
        topic = f"plant/{self.name}/telemetry"
        self.assertTrue(self.broker.may(self.name, "write", topic))
        self.act(f"move_device('{self.name}', 'joined', 'sold')")
        within(LIMIT_S, "the right ends", lambda: not self.broker.may(self.name, "write", topic))
        self.assertTrue(self.broker.may(self.name, "write", f"devices/{self.name}/status"))

    def test_a_revoked_device_is_refused_by_every_replica(self) -> None:
        port = free_port()
        other = self.stack.replica("other")
        other.environment["LATCHKEY_BROKER_ACCESS_LISTEN"] = f"127.0.0.1:{port}"
        self.addCleanup(other.stop)
        other.start()
        second = Broker(port)
        self.addCleanup(second.connection.close)
        for credential in ("password", "x509"):
            with self.subTest(credential):
                device = self.provisioned(f"{self.name[:40]}-{credential}", wants=credential)
                for broker in (self.broker, second):
                    within(LIMIT_S, "it is let in", lambda broker=broker, device=device: broker.logs_in(device))
                self.act(f"suspend('{device.device_id}', 'why')")
                for broker in (self.broker, second):
                    within(LIMIT_S, "it is kept out", lambda broker=broker, device=device: not broker.logs_in(device))
                    self.assertFalse(broker.may(device.login().username or device.device_id, "write", f"devices/{device.device_id}/status"))
                self.assertLess(self.change(device.device_id)["took_s"], LIMIT_S)
                self.act(f"resume('{device.device_id}', 'why')")
                for broker in (self.broker, second):
                    within(LIMIT_S, "it is let in again", lambda broker=broker, device=device: broker.logs_in(device))

    def test_a_device_that_is_reset_decommissioned_and_forgotten_stays_out(self) -> None:
        for credential in ("password", "x509"):
            with self.subTest(credential):
                device = self.provisioned(f"{self.name[:40]}-{credential}", wants=credential)
                user = device.login().username or device.device_id
                self.assertTrue(self.broker.logs_in(device))
                for act in ("reset", "decommission", "forget"):
                    self.act(f"{act}('{device.device_id}', 'sold')")
                    within(LIMIT_S, "it is kept out", lambda device=device: not self.broker.logs_in(device))
                    self.assertFalse(self.broker.may(user, "write", f"devices/{device.device_id}/status"))
                    self.assertEqual(self.broker.emqx("authorize", username=user, clientid=device.device_id, action="subscribe",
                                                      topic=f"devices/{device.device_id}/config"), "deny")

    def test_accounts_are_left_to_the_broker(self) -> None:
        self.assertEqual(self.broker.emqx("authenticate", username="@service", password="x", clientid="@latchkey-1"), "ignore")
        self.assertFalse(self.broker.rabbitmq("user", username="@service", password="x", client_id="@latchkey-1"))

    def test_nobody_is_answered_without_the_token(self) -> None:
        body = urllib.parse.urlencode({"username": self.name, "client_id": self.name}).encode()
        for path, headers in (("/rabbitmq/user", {}), (f"/{TOKEN[:-1]}x/rabbitmq/user", {}),
                              ("/rabbitmq/user", {"Authorization": f"Bearer {TOKEN[:-1]}x"}), ("/", {})):
            with self.subTest(path):
                self.assertEqual(self.broker.post(path, body, **headers)[0], 401)

    def test_a_body_is_bounded(self) -> None:
        self.assertEqual(self.broker.post(f"/{TOKEN}/rabbitmq/user", b"username=" + b"x" * 8000)[1], "deny")
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.broker.post(f"/{TOKEN}/rabbitmq/user", b"username=" + b"x" * 9000)

    def test_a_stranger_takes_no_connection_from_the_broker(self) -> None:
        self.assertEqual(self.broker.emqx("authorize", username="@x"), "ignore")
        for _ in range(300):
            stranger = socket.socket()
            stranger.bind(("127.0.0.2", 0))
            stranger.connect(("127.0.0.1", self.stack.question_port))
            self.addCleanup(stranger.close)
        for _ in range(10):
            self.assertEqual(self.broker.emqx("authorize", username="@x"), "ignore")

    def test_beyond_loopback_a_token_is_required(self) -> None:
        text = self.stack.configuration.read_text()
        file = self.folder / "beyond.toml"
        file.write_text(text.replace(f"127.0.0.1:{self.stack.question_port}", f"0.0.0.0:{self.stack.question_port}").replace("token_file", "# token_file"))
        checked = self.run_latchkey("config", "check", "--config", str(file))
        self.assertEqual(checked.returncode, 78)
        self.assertIn("is not a loopback address, so broker_access.token_file is required", checked.stderr)
