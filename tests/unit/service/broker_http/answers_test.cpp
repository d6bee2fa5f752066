#include "service/broker_http/answers.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::broker_http;
using namespace std::chrono_literals;

namespace {

constexpr Seconds now = 1'000'000;
const crypto::Bytes salt(16, 7);

registry::GateEntry with_password(const std::string& id, std::int64_t generation, std::string_view password) {
  const std::string salted = std::string(password) + crypto::to_hex(salt);
  const auto hash = crypto::sha256(crypto::as_bytes(salted));
  registry::GateEntry entry;
  entry.device_id = id;
  entry.logins.push_back({generation, now + 60, salt, crypto::Bytes(hash.begin(), hash.end())});
  return entry;
}

struct Asking {
  Asking() {
    registry::GateAccess access;
    access.sets.push_back(
        {"meters", 1, R"({"publish": ["plant/${device_id}/#"], "subscribe": ["news/+", "a/${device_id}/b"]})",
         false});
    access.entries.push_back(with_password("p", 3, "secret & +%"));
    access.entries.back().rights = registry::GateEntry::Rights{"meters", 1, false};
    access.entries.push_back({});
    access.entries.back().device_id = "denied";
    access.entries.back().denied_until = now + 60;
    access.entries.push_back(with_password("a.b", 1, "x"));
    access.entries.push_back(with_password("a:b", 1, "x"));
    CHECK(facts.take(access).empty());
    facts.seen(seen);
  }

  HttpResponse post(const std::string& path, const std::string& body, const std::string& authorization = {}) {
    HttpRequest request{
        .method = "POST", .path = path, .query = {}, .host = {}, .authorization = authorization};
    request.body = crypto::Secret(std::string_view(body));
    return answers(request);
  }
  std::string rabbit(const std::string& what, const std::string& body) {
    return post("/rabbitmq/" + what, body).body;
  }
  std::string topic(const std::string& user, const std::string& permission, const std::string& key) {
    const std::string id = user.substr(0, user.find("%40"));
    return rabbit("topic", "username=" + user + "&vhost=%2F&resource=topic&name=amq.topic&permission=" +
                               permission + "&variable_map.client_id=" + id + "&routing_key=" + key);
  }
  std::string bootstrap_topic(const std::string& permission, const std::string& key) {
    return rabbit("topic", "username=%40bootstrap&vhost=%2F&resource=topic&name=amq.topic&permission=" +
                               permission + "&variable_map.client_id=c&routing_key=" + key);
  }
  std::string emqx(const std::string& what, const std::string& body) {
    const auto response = post("/emqx/" + what, body);
    CHECK(response.content_type == "application/json");
    return response.body.substr(11, response.body.size() - 13);
  }

  protocol::Topics topics;
  Facts facts{topics};
  Facts::Clock::time_point seen;
  std::chrono::seconds age = 0s;
  std::ostringstream said;
  Log log{Log::Options{}, said, [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  crypto::Secret token;
  std::string unfit;
  crypto::Secret bootstrap{std::string_view("shared")};
  Answers answers{facts,
                  topics,
                  {token, "@bootstrap", bootstrap},
                  [this] { return Answers::Now{now, seen + age}; },
                  [this](const protocol::DeviceId& id) { unfit += id.text() + " "; },
                  log};
};

}  // namespace

TEST_CASE_METHOD(Asking, "RabbitMQ: a certificate connects with its own client id only", "[broker_http]") {
  CHECK(rabbit("user", "username=c&client_id=c&vhost=%2F") == "allow");
  CHECK(rabbit("user", "username=c&client_id=d&vhost=%2F") == "deny");
  CHECK(rabbit("user", "username=c") == "allow");
  CHECK(rabbit("vhost", "username=c&vhost=%2F&client_id=c") == "allow");
  CHECK(rabbit("vhost", "username=c&vhost=%2F&client_id=d") == "deny");
  CHECK(rabbit("vhost", "username=c&vhost=%2F") == "deny");
  CHECK(rabbit("user", "username=denied") == "deny");
  CHECK(rabbit("user", "username=c&password=&client_id=c&vhost=%2F") == "deny");
  CHECK(rabbit("user", "username=denied&client_id=denied&vhost=%2F") == "deny");
  CHECK(rabbit("user", "username=p%403&client_id=p") == "deny");
  CHECK(rabbit("user", "username=%40service&client_id=%40service&password=x") == "deny");
}

TEST_CASE_METHOD(Asking, "RabbitMQ: a password is that of one generation and one device", "[broker_http]") {
  const std::string good = "&password=secret+%26+%2B%25&vhost=%2F";
  CHECK(rabbit("user", "username=p%403&client_id=p" + good) == "allow");
  CHECK(rabbit("user", "username=p%403&client_id=q" + good) == "deny");
  CHECK(rabbit("user", "username=p%402&client_id=p" + good) == "deny");
  CHECK(rabbit("user", "username=p%4003&client_id=p" + good) == "deny");
  CHECK(rabbit("user", "username=p&client_id=p" + good) == "deny");
  CHECK(rabbit("user", "username=p%403&client_id=p&password=wrong") == "deny");
  CHECK(rabbit("user", "username=p%403&client_id=p&password=" + std::string(2000, 'x')) == "deny");
}

TEST_CASE_METHOD(Asking, "RabbitMQ: ids that it cannot carry are refused, and the log says so",
                 "[broker_http]") {
  CHECK(rabbit("user", "username=a.b%401&client_id=a.b&password=x") == "deny");
  CHECK(rabbit("user", "username=a%3Ab%401&client_id=a%3Ab&password=x") == "deny");
  CHECK(rabbit("user", "username=a.c&client_id=a.c") == "deny");
  CHECK(said.str().contains("RabbitMQ cannot serve devices with . or : in their ids"));
  // Of these the one with a certificate is a device.
  CHECK(unfit == "a.c ");
  CHECK(rabbit("user", "username=%40bootstrap&vhost=%2F&client_id=a.d&password=wrong") == "deny");
  CHECK(unfit == "a.c ");
  CHECK(rabbit("user", "username=%40bootstrap&vhost=%2F&client_id=a.d&password=shared") == "deny");
  CHECK(unfit == "a.c a.d ");
}

TEST_CASE_METHOD(Asking, "RabbitMQ: a device has its own queues, the topics' exchange, and vhost /",
                 "[broker_http]") {
  const std::string p = "username=p%403&vhost=%2F&client_id=p";
  CHECK(rabbit("vhost", p + "&ip=127.0.0.1") == "allow");
  CHECK(rabbit("vhost", "username=p%403&client_id=p&vhost=other") == "deny");
  CHECK(rabbit("vhost", "username=p%402&client_id=p&vhost=%2F") == "deny");
  for (const auto* const permission : {"configure", "write", "read"}) {
    const std::string may = p + "&permission=" + permission;
    CHECK(rabbit("resource", may + "&resource=queue&name=mqtt-subscription-pqos0") == "allow");
    CHECK(rabbit("resource", may + "&resource=queue&name=mqtt-subscription-pqos1") == "allow");
    CHECK(rabbit("resource", may + "&resource=queue&name=mqtt-subscription-qqos1") == "deny");
    CHECK(rabbit("resource", may + "&resource=queue&name=mqtt-subscription-pqos0qos1") == "deny");
    CHECK(rabbit("resource", may + "&resource=exchange&name=amq.topic") ==
          (permission == std::string("configure") ? "deny" : "allow"));
    CHECK(rabbit("resource", may + "&resource=exchange&name=amq.direct") == "deny");
  }
}

TEST_CASE_METHOD(Asking, "RabbitMQ: a device has its four topics and its rights", "[broker_http]") {
  CHECK(topic("c", "write", "devices.c.status") == "allow");
  CHECK(topic("c", "write", "provisioning.v1.c.request") == "allow");
  CHECK(topic("c", "read", "devices.c.config") == "allow");
  CHECK(topic("c", "read", "provisioning.v1.c.response") == "allow");
  CHECK(topic("c", "write", "devices.c.config") == "deny");
  CHECK(topic("c", "write", "devices.d.status") == "deny");
  CHECK(topic("c", "read", "devices.*.config") == "deny");
  CHECK(topic("c", "read", "devices.%23") == "deny");
  CHECK(topic("c", "write", "devices%2Fc%2Fstatus") == "deny");
  CHECK(topic("c", "write", "plant.c.x") == "deny");
  CHECK(topic("denied", "write", "devices.denied.status") == "deny");
  CHECK(topic("p%403", "write", "plant.p.x.y") == "allow");
  CHECK(topic("p%403", "write", "plant.p") == "allow");
  CHECK(topic("p%403", "write", "plant.p.%23") == "deny");
  CHECK(topic("p%403", "write", "plant.q.x") == "deny");
  CHECK(topic("p%403", "read", "news.*") == "allow");
  CHECK(topic("p%403", "read", "news.x") == "allow");
  CHECK(topic("p%403", "read", "news.%23") == "deny");
  CHECK(topic("p%403", "read", "%23.b") == "deny");
  CHECK(topic("p%403", "read", "a.p.b") == "allow");
  CHECK(topic("p%403", "read", "a.*.b") == "deny");
  CHECK(topic("p%404", "write", "plant.p.x") == "deny");
  CHECK(topic("p%403", "configure", "plant.p.x") == "deny");
  CHECK(rabbit("topic",
               "username=c&vhost=%2F&name=amq.topic&permission=write&routing_key=devices.c.status&"
               "variable_map.client_id=d") == "deny");
}

TEST_CASE_METHOD(Asking, "EMQX: a device logs in by password or certificate, and others are ignored",
                 "[broker_http]") {
  CHECK(emqx("authenticate", R"({"username":"p@3","clientid":"p","password":"secret & +%"})") == "allow");
  CHECK(emqx("authenticate", R"({"username":"p@3","clientid":"p","password":"x"})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"p@3","clientid":"p"})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"p@3","clientid":"q","password":"secret & +%"})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"c","clientid":"c","password":"","cert_common_name":"c"})") ==
        "allow");
  CHECK(emqx("authenticate", R"({"username":"c","clientid":"d","cert_common_name":"c"})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"c","clientid":"c","cert_common_name":""})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"c","clientid":"c","password":null})") == "deny");
  CHECK(emqx("authenticate",
             R"({"username":"undefined","clientid":"undefined","cert_common_name":"undefined"})") == "deny");
  CHECK(emqx("authenticate", R"({"username":"denied","clientid":"denied","cert_common_name":"denied"})") ==
        "deny");
  CHECK(emqx("authenticate", R"({"username":"@service","clientid":"@1","password":"x"})") == "ignore");
}

TEST_CASE_METHOD(Asking, "EMQX: a device has its four topics and its rights", "[broker_http]") {
  const auto may = [&](const std::string& user, const std::string& id, const std::string& action,
                       const std::string& topic) {
    return emqx("authorize", R"({"username":")" + user + R"(","clientid":")" + id + R"(","action":")" +
                                 action + R"(","topic":")" + topic + "\"}");
  };
  CHECK(may("p@3", "p", "publish", "devices/p/status") == "allow");
  CHECK(may("p@3", "p", "publish", "plant/p/x") == "allow");
  CHECK(may("p@3", "p", "subscribe", "news/+") == "allow");
  CHECK(may("p@3", "p", "subscribe", "news/#") == "deny");
  CHECK(may("p@3", "p", "subscribe", "$SYS/#") == "deny");
  CHECK(may("p@3", "p", "subscribe", "$share/g/news/+") == "deny");
  CHECK(may("p@3", "p", "subscribe", "#") == "deny");
  CHECK(may("p@3", "p", "publish", "plant/p/+") == "deny");
  CHECK(may("p@3", "q", "publish", "plant/q/x") == "deny");
  CHECK(may("p@3", "p", "fetch", "plant/p/x") == "deny");
  CHECK(may("a:b@1", "a:b", "publish", "devices/a:b/status") == "allow");
  CHECK(may("@service", "@1", "publish", "devices/p/config") == "ignore");
}

TEST_CASE_METHOD(Asking, "what ends ends by the clock", "[broker_http]") {
  const auto later = [this](Seconds time) {
    return Answers{facts, topics, {token, {}, token}, [this, time] { return Answers::Now{time, seen}; },
                   {},    log};
  };
  const auto ask = [](const Answers& asked, std::string_view path, std::string_view body) {
    HttpRequest request{
        .method = "POST", .path = std::string(path), .query = {}, .host = {}, .authorization = {}};
    request.body = crypto::Secret(body);
    return asked(request).body;
  };
  CHECK(ask(later(now + 59), "/rabbitmq/vhost", "username=p%403&client_id=p&vhost=%2F") == "allow");
  CHECK(ask(later(now + 60), "/rabbitmq/vhost", "username=p%403&client_id=p&vhost=%2F") == "deny");
  CHECK(ask(later(now + 60), "/rabbitmq/vhost", "username=denied&client_id=denied&vhost=%2F") == "allow");
}

TEST_CASE_METHOD(Asking, "every answer is a denial when the registry was not seen for a minute",
                 "[broker_http]") {
  age = 60s;
  CHECK(rabbit("vhost", "username=c&client_id=c&vhost=%2F") == "allow");
  age = 61s;
  CHECK(rabbit("vhost", "username=c&client_id=c&vhost=%2F") == "deny");
  CHECK(emqx("authenticate", R"({"username":"c","clientid":"c","cert_common_name":"c"})") == "deny");
  const Facts never(topics);
  const Answers fresh(never, topics, {token, {}, token}, [this] { return Answers::Now{now, seen}; }, {}, log);
  HttpRequest request{
      .method = "POST", .path = "/rabbitmq/vhost", .query = {}, .host = {}, .authorization = {}};
  request.body = crypto::Secret(std::string_view("username=c&client_id=c&vhost=%2F"));
  CHECK(fresh(request).body == "deny");
}

TEST_CASE_METHOD(Asking, "with a token nothing is answered without it", "[broker_http]") {
  token = crypto::Secret(std::string_view("0123456789abcdef"));
  const Answers guarded(
      facts, topics, {token, {}, token}, [this] { return Answers::Now{now, seen}; }, {}, log);
  const auto status = [&](const std::string& path, const std::string& authorization) {
    HttpRequest request{
        .method = "POST", .path = path, .query = {}, .host = {}, .authorization = authorization};
    request.body = crypto::Secret(std::string_view("username=c&client_id=c&vhost=%2F"));
    return guarded(request).status;
  };
  CHECK(status("/rabbitmq/vhost", "") == 401);
  CHECK(status("/rabbitmq/vhost", "Bearer 0123456789abcdef") == 200);
  CHECK(status("/rabbitmq/vhost", "Bearer 0123456789abcdeg") == 401);
  CHECK(status("/0123456789abcdef/rabbitmq/vhost", "") == 200);
  CHECK(status("/0123456789abcdeg/rabbitmq/vhost", "") == 401);
  CHECK(status("/0123456789abcdef", "") == 401);
  CHECK(status("/0123456789abcdef/", "") == 404);
  CHECK(status("", "") == 401);
}

TEST_CASE_METHOD(Asking, "what is no question is no answer", "[broker_http]") {
  CHECK(post("/", "").status == 404);
  CHECK(post("/rabbitmq/vhost", "username").status == 400);
  CHECK(post("/rabbitmq/vhost", "username=%4").status == 400);
  CHECK(post("/rabbitmq/vhost", "username=%zz").status == 400);
  CHECK(post("/rabbitmq/vhost", "username=a&username=b").status == 400);
  CHECK(post("/rabbitmq/vhost", "").body == "deny");
  CHECK(post("/emqx/authorize", "").status == 400);
  CHECK(post("/emqx/authorize", "[]").status == 400);
  CHECK(post("/emqx/authorize", std::string(8000, '[')).status == 400);
  CHECK(emqx("authorize", "{}") == "ignore");
  HttpRequest get{.method = "GET", .path = "/rabbitmq/vhost", .query = {}, .host = {}, .authorization = {}};
  CHECK(answers(get).status == 405);
}

TEST_CASE_METHOD(Asking, "a change replaces what was known of a device and of a set", "[broker_http]") {
  registry::GateAccess access;
  access.sets.push_back({"meters", 2, R"({"publish": ["other/${device_id}"]})", false});
  CHECK(facts.take(access).empty());
  CHECK(topic("p%403", "write", "plant.p.x") == "deny");
  CHECK(topic("p%403", "write", "other.p") == "allow");
  access.sets[0].rights = R"({"publish": ["devices/${device_id}/x"]})";
  CHECK(facts.take(access) == std::vector<std::string>{"meters"});
  CHECK(topic("p%403", "write", "other.p") == "deny");
  access.sets.clear();
  access.entries.emplace_back().device_id = "p";
  CHECK(facts.take(access).empty());
  CHECK(topic("p%403", "write", "devices.p.status") == "deny");
}

TEST_CASE("of a device that has neither password nor denial nor rights nothing is kept", "[broker_http]") {
  const protocol::Topics topics;
  Facts facts(topics);
  registry::GateAccess access;
  access.entries.push_back(with_password("p", 1, "x"));
  static_cast<void>(facts.take(access));
  CHECK(facts.of("p").device != nullptr);
  access.entries.front().logins.clear();
  static_cast<void>(facts.take(access));
  CHECK(facts.of("p").device == nullptr);
  access.entries.front().denied_until = now;
  static_cast<void>(facts.take(access));
  CHECK(facts.of("p").device != nullptr);
}

TEST_CASE_METHOD(Asking, "a connection of the bootstrap account has the pair of its client id",
                 "[broker_http]") {
  const std::string who = "username=%40bootstrap&vhost=%2F";
  CHECK(rabbit("user", who + "&client_id=c&password=shared") == "allow");
  CHECK(rabbit("user", who + "&client_id=c&password=wrong") == "deny");
  CHECK(rabbit("user", who + "&client_id=c") == "deny");
  CHECK(rabbit("vhost", who + "&client_id=c") == "allow");
  CHECK(rabbit("resource",
               who + "&client_id=c&resource=queue&name=mqtt-subscription-cqos1&permission=read") == "allow");
  CHECK(rabbit("resource",
               who + "&client_id=c&resource=queue&name=mqtt-subscription-dqos1&permission=read") == "deny");
  CHECK(bootstrap_topic("write", "provisioning.v1.c.request") == "allow");
  CHECK(bootstrap_topic("read", "provisioning.v1.c.response") == "allow");
  CHECK(bootstrap_topic("read", "provisioning.v1.d.response") == "deny");
  CHECK(bootstrap_topic("read", "provisioning.v1.*.response") == "deny");
  CHECK(bootstrap_topic("write", "devices.c.status") == "deny");
  // No device has such a client id, and RabbitMQ's rules take it for a pattern.
  for (const auto* const id : {".*", "(c%7Cd)", "", "@c", "a.c"})
    CHECK(rabbit("user", who + "&client_id=" + id + "&password=shared") == "deny");
}

TEST_CASE_METHOD(Asking, "EMQX: a connection of the bootstrap account has the pair of its client id",
                 "[broker_http]") {
  const std::string who = R"({"username":"@bootstrap","clientid":"a.c",)";
  CHECK(emqx("authenticate", who + R"("password":"shared"})") == "allow");
  CHECK(emqx("authenticate", who + R"("password":"wrong"})") == "deny");
  CHECK(emqx("authorize", who + R"("action":"publish","topic":"provisioning/v1/a.c/request"})") == "allow");
  CHECK(emqx("authorize", who + R"("action":"subscribe","topic":"provisioning/v1/a.c/response"})") ==
        "allow");
  CHECK(emqx("authorize", who + R"("action":"subscribe","topic":"provisioning/v1/+/response"})") == "deny");
}
