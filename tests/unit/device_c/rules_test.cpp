#include "protocol/signer.hpp"
#include "support/catch.hpp"
#include "unit/device_c/played_life.hpp"

#include <algorithm>
#include <set>

// The rules of docs/protocol.md, 7, one test each, for the device in C.
namespace latchkey::small {
namespace {

using Kind = Proof::Kind;

constexpr std::int64_t day_s = 86400;

/// A device whose first request was sent and not answered.
struct Asking {
  explicit Asking(const Proof& proof = {.kind = Kind::key}) : life(proof) {
    life.service_is_away = true;
    REQUIRE(life.run_to_request(1));
    first = life.service.last_request_id;
  }

  /// Seconds until the next request; -1 if none came in a month.
  std::int64_t seconds_to_next() {
    const auto before = life.service.now;
    const auto sent = life.requests;
    return life.run_to_request(sent + 1, 30 * day_s) ? life.service.now - before : -1;
  }

  void say_signed(Json answer) { life.answer(life.service.sign_answer(answer)); }
  void say_unsigned(const Json& answer) { life.answer(answer.dump()); }
  Json answer_of(std::string_view status) { return life.service.answer_of(status); }
  [[nodiscard]] long count(const std::string& event) const { return std::ranges::count(life.events, event); }

  PlayedLife life;
  std::string first;
};

TEST_CASE("a request is repeated after 2 s, doubling up to 120 s, and never earlier than half of that",
          "[device_c]") {
  Asking asking;
  for (const std::int64_t ceiling : {2, 4, 8, 16, 32, 64, 120, 120}) {
    const auto waited = asking.seconds_to_next();
    CHECK(waited <= ceiling);
    CHECK(waited + 1 >= ceiling / 2);
    CHECK(asking.life.service.last_request_id == asking.first);
  }
}

TEST_CASE("an unsigned answer makes the device wait an hour at most, and at least 2 s", "[device_c]") {
  Asking asking;
  auto refused = asking.answer_of("rejected");
  refused["code"] = "unauthorized";
  refused["retry_after_s"] = 1'000'000;
  asking.say_unsigned(refused);
  const auto longest = asking.seconds_to_next();
  CHECK(longest <= 3600);
  CHECK(longest >= 3599);
  refused["retry_after_s"] = 0;
  asking.say_unsigned(refused);
  CHECK(asking.seconds_to_next() >= 1);
  refused.erase("retry_after_s");
  asking.say_unsigned(refused);
  CHECK(asking.seconds_to_next() <= 120);
  CHECK(asking.life.service.last_request_id == asking.first);
}

TEST_CASE("a signed answer makes it wait 7 days at most", "[device_c]") {
  Asking asking;
  auto pending = asking.answer_of("pending");
  pending["retry_after_s"] = 30 * day_s;
  asking.say_signed(pending);
  const auto waited = asking.seconds_to_next();
  CHECK(waited <= 7 * day_s);
  CHECK(waited >= 7 * day_s - 1);
  CHECK(asking.life.service.last_request_id == asking.first);
}

TEST_CASE("final rejections take a new request_id, and longer and longer pauses up to a day", "[device_c]") {
  Asking asking;
  auto last = asking.first;
  for (const std::int64_t pause :
       {60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720, 61440, 86400, 86400}) {
    auto refused = asking.answer_of("rejected");
    refused["code"] = "weak_key";
    asking.say_signed(refused);
    CHECK(std::abs(asking.seconds_to_next() - pause) <= 1);
    CHECK(asking.life.service.last_request_id != last);
    last = asking.life.service.last_request_id;
  }
}

TEST_CASE("a conflict is cured by a new request_id at once, one time", "[device_c]") {
  Asking asking;
  auto conflict = asking.answer_of("rejected");
  conflict["code"] = "conflict";
  asking.say_signed(conflict);
  CHECK(asking.seconds_to_next() == 0);
  CHECK(asking.life.service.last_request_id != asking.first);
  conflict["request_id"] = asking.life.service.last_request_id;
  asking.say_signed(conflict);
  CHECK(asking.seconds_to_next() >= 59);
}

TEST_CASE("a challenge is answered at once, and one that answers a nonce is a wait", "[device_c]") {
  Asking asking;
  auto challenge = asking.answer_of("challenge");
  challenge["nonce"] = "once";
  asking.say_signed(challenge);
  CHECK(asking.seconds_to_next() == 0);
  CHECK(asking.life.service.last_nonce == "once");
  challenge["nonce"] = "twice";
  asking.say_signed(challenge);
  CHECK(asking.seconds_to_next() >= 1);
  CHECK(asking.life.service.last_nonce.empty());
}

TEST_CASE("a nonce as long as the protocol allows is taken, a longer one is not", "[device_c]") {
  Asking asking;
  auto challenge = asking.answer_of("challenge");
  challenge["nonce"] = std::string(128, 'n');
  asking.say_signed(challenge);
  CHECK(asking.seconds_to_next() == 0);
  CHECK(asking.life.service.last_nonce == std::string(128, 'n'));
  Asking other;
  challenge = other.answer_of("challenge");
  challenge["nonce"] = std::string(129, 'n');
  other.say_signed(challenge);
  CHECK(other.seconds_to_next() >= 1);
}

TEST_CASE("a critical member that is not known makes an answer a retry", "[device_c]") {
  Asking asking;
  auto accepted = asking.answer_of("accepted");
  accepted["critical"] = {"surprise"};
  accepted["retry_after_s"] = 77;
  asking.say_signed(accepted);
  const auto waited = asking.seconds_to_next();
  CHECK(waited >= 76);
  CHECK(waited <= 77);
  CHECK(asking.life.service.last_request_id == asking.first);
}

TEST_CASE("what is not for this request, or not as the proof calls for, is dropped", "[device_c]") {
  for (const auto kind : {Kind::key, Kind::private_key}) {
    Asking asking({.kind = kind});
    auto& life = asking.life;
    const auto good = asking.answer_of("pending");
    const auto with = [&](const char* name, const Json& value) {
      auto changed = good;
      changed[name] = value;
      return life.service.sign_answer(changed);
    };
    const auto genuine = life.service.sign_answer(good);
    const std::vector<std::string> wrong{
        good.dump(),
        with("request_id", "somebody-elses-id"),
        with("request_id", nullptr),
        with("device_id", "meter-8"),
        with("status", "unheard of"),
        with("server_time", "now"),
        with("critical", "surprise"),
        life.service.sign(protocol::config_type, good.dump(), kind != Kind::key),
        life.service.sign(protocol::request_type, good.dump(), kind != Kind::key),
        life.service.sign(protocol::response_type, good.dump(), kind == Kind::key),
        genuine + "\n",
        genuine + "A",
        genuine.substr(0, genuine.size() - 1),
        genuine + "." + genuine,
        " " + genuine,
        "",
    };
    for (const auto& message : wrong)
      life.answer(message);
    CHECK(asking.count("answer") == 0);
    life.answer(genuine);
    CHECK(asking.count("answer") == 1);
  }
}

TEST_CASE("a message may come in parts of any size, and what is too large or out of order is dropped",
          "[device_c]") {
  for (const std::size_t size : {1UL, 7UL, 64UL, 100'000UL}) {
    Asking asking;
    asking.life.part_size = size;
    asking.say_signed(asking.answer_of("pending"));
    CHECK(asking.count("answer") == 1);
  }
  Asking asking;
  const auto genuine = asking.life.service.sign_answer(asking.answer_of("pending"));
  const lk_bytes bytes{reinterpret_cast<const std::uint8_t*>(genuine.data()), genuine.size()};
  const lk_bytes half{bytes.data, bytes.size / 2}, rest{bytes.data + half.size, bytes.size - half.size};
  const char* const topic = "provisioning/v1/meter-7/response";
  auto* const device = &asking.life.device;
  lk_on_message_part(device, topic, half.size, genuine.size(), rest);
  lk_on_message_part(device, topic, 0, genuine.size(), half);
  lk_on_message_part(device, topic, half.size, genuine.size() + 1, rest);
  lk_on_message_part(device, topic, half.size, genuine.size(), rest);
  lk_on_message_part(device, topic, 0, 100'000, bytes);
  lk_on_message_part(device, topic, 0, 10, bytes);
  lk_on_message_part(device, "provisioning/v1/meter-7/elsewhere", 0, genuine.size(), bytes);
  CHECK(asking.count("answer") == 0);
  lk_on_message_part(device, topic, 0, genuine.size(), half);
  lk_on_message_part(device, nullptr, half.size, genuine.size(), rest);
  CHECK(asking.count("answer") == 1);
}

TEST_CASE("a configuration that is refused is tried again, and told; the device goes on", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  life.refuses_config = true;
  REQUIRE(life.run([&] { return life.applied.size() == 3; }));
  CHECK(std::ranges::count(life.events, "failed") >= 2);
  CHECK(!life.service.is_ready());
  life.refuses_config = false;
  CHECK(life.run([&] { return life.is_at_rest(); }, 600));
}

TEST_CASE("while a configuration is being applied, nothing is written over it", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  life.service.set_config({{"interval_s", 5}});
  life.deliver("devices/meter-7/config", life.service.push());
  lk_step step{};
  lk_next(&life.device, &step);
  REQUIRE(step.action == LK_APPLY);
  const std::string before(step.config.json.data, step.config.json.data + step.config.json.size);
  life.deliver("devices/meter-7/config", life.service.push());
  lk_on_disconnected(&life.device, LK_NETWORK);
  lk_step other{};
  for (int s = 0; s < 300; ++s) {
    const auto now_ms = life.now_ms() + static_cast<std::uint64_t>(s) * 1000;
    lk_on_time(&life.device, now_ms, 0);
    lk_next(&life.device, &other);
    CHECK(other.action == LK_WAIT);
    CHECK(other.until_ms > now_ms);
  }
  CHECK(before == R"({"interval_s":5})");
  CHECK(before == std::string(step.config.json.data, step.config.json.data + step.config.json.size));
  lk_config_applied(&life.device, step.config.version, true, nullptr);
  life.skip(300);
  CHECK(life.run([&] { return life.is_at_rest(); }));
  CAPTURE(life.trouble, life.events);
  CHECK(life.trouble.empty());
}

TEST_CASE("the older credential is kept until the service confirmed the newer one", "[device_c]") {
  for (const auto kind : {Kind::key, Kind::private_key}) {
    PlayedLife life({.kind = kind});
    REQUIRE(life.run([&] { return life.is_at_rest(); }));
    life.service.counts_signed = false;
    life.skip(61 * day_s);
    CHECK(!life.run([&] { return life.is_at_rest() && life.service.newest() > 1; }, 3600));
    CHECK(life.service.newest() == 2);
    CHECK(life.flash.has(LK_SLOT_CREDENTIAL_1));
    CHECK(life.flash.has(LK_SLOT_CREDENTIAL_2));
    CHECK(life.service.is_ready());  // it works all the same
    life.power_cut();
    life.service.counts_signed = true;
    CHECK(life.run([&] { return life.is_at_rest(); }));
    CHECK(life.service.newest() == 2);
  }
}

TEST_CASE("no credential replaces the confirmed one while the newer one is not confirmed", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  life.service.counts_signed = false;
  life.skip(61 * day_s);
  REQUIRE(life.run([&] { return life.service.newest() == 2 && life.service.is_ready(); }, 3600));
  life.skip(61 * day_s);
  CHECK(!life.run([&] { return life.service.newest() > 2; }, 3600));
  CHECK(life.flash.has(LK_SLOT_CREDENTIAL_1));
  CHECK(life.flash.has(LK_SLOT_CREDENTIAL_2));
  life.service.counts_signed = true;
  CHECK(life.run([&] { return life.service.confirmed() == 3; }, 300));
}

TEST_CASE("a session in which nothing is answered any more is left for another", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  life.service.set_config({{"a", 1}});
  const auto pushed = life.service.push();
  life.service_is_away = true;
  life.deliver("devices/meter-7/config", pushed);
  const auto before = life.connections;
  CHECK(life.run([&] { return life.connections > before; }, 200));
  life.service_is_away = false;
  CHECK(life.run([&] { return life.is_at_rest(); }));
}

TEST_CASE("a connection that never works is left for the one that did", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  const auto host = life.service.host();
  life.dead_host = "dead.example";
  life.service.move_to("dead.example");
  life.deliver("devices/meter-7/config", life.service.push());
  CHECK(life.run([&] { return life.service.connected_host == "dead.example"; }));
  CHECK(life.run([&] { return life.service.connected_host == host && life.service.is_ready(); }, 3600));
  CHECK(life.flash.has(LK_SLOT_CONNECTION));
  life.dead_host.clear();
  CHECK(life.run([&] { return life.is_at_rest(); }));
  CHECK(life.service.connected_host == "dead.example");
}

TEST_CASE("a forged refusal of a renewal by an expired certificate delays the device, and no more",
          "[device_c]") {
  PlayedLife life({.kind = Kind::private_key});
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  life.service_is_away = true;
  life.skip(400 * day_s);
  lk_on_disconnected(&life.device, LK_CERTIFICATE_REFUSED);
  life.events.clear();
  std::set<std::string> asked;
  for (const auto* proof : {"the certificate", "the factory's"}) {
    INFO(proof);
    REQUIRE(life.run_to_request(life.requests + 1));
    asked.insert(life.service.last_request_id);
    auto refused = life.service.answer_of("rejected");
    refused["code"] = "unauthorized";
    refused["retry_after_s"] = 1'000'000;
    life.answer(refused.dump());
  }
  CHECK(asked.size() == 2);
  life.service_is_away = false;
  CHECK(life.run([&] { return life.is_at_rest(); }, 2 * 3600));
  CHECK(std::ranges::count(life.events, "renewing") == 2);
}

TEST_CASE("a small message buffer is told, and the life fits into it", "[device_c]") {
  for (const auto kind : {Kind::key, Kind::private_key}) {
    PlayedLife life({.kind = kind}, 2303);
    CHECK(life.live_until_moved());
    CAPTURE(life.trouble, life.events);
    CHECK(life.trouble.empty());
    CHECK(life.service.told_size == 2303);
  }
}

TEST_CASE("memory that cannot be written costs time, not the device", "[device_c]") {
  PlayedLife life({.kind = Kind::private_key});
  life.flash.fail(true);
  CHECK(!life.run([&] { return life.is_at_rest(); }, 3600));
  CHECK(life.requests == 0);
  life.flash.fail(false);
  CHECK(life.run([&] { return life.is_at_rest(); }, 3600));
  life.flash.fail(true);
  life.service.set_config({{"interval_s", 5}});
  life.deliver("devices/meter-7/config", life.service.push());
  CHECK(!life.run([&] { return life.is_at_rest(); }, 3600));
  life.flash.fail(false);
  life.deliver("devices/meter-7/config", life.service.push());  // what is not acknowledged is sent again
  CHECK(life.run([&] { return life.is_at_rest(); }, 60));
}

}  // namespace
}  // namespace latchkey::small
