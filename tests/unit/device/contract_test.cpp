#include "device/contract.hpp"

#include "crypto/mac.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>

// One test for each rule of docs/protocol.md, 7: each fails when its rule is taken out.

namespace latchkey::device {
namespace {

using Json = nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view device_key = "0123456789abcdef0123456789abcdef";
constexpr std::string_view request_id = "request-0123456789";
const OwnRequest own{.device_id = "12345", .request_id = request_id};

crypto::Secret key() {
  return protocol::answer_key(crypto::as_bytes(device_key));
}

Json answer(std::string_view status) {
  return {{"request_id", request_id},
          {"device_id", "12345"},
          {"status", status},
          {"tracking_id", "t1"},
          {"server_time", 1'800'000'000}};
}

Json accepted() {
  auto json = answer("accepted");
  json["generation"] = 1;
  json["credential"] = {{"type", "x509"}, {"chain", {"MAA="}}, {"renew_after", 1'900'000'000}};
  json["connection"] = {
      {"host", "broker"}, {"port", 8883}, {"tls", true}, {"client_id", "12345"}, {"topics", "devices/12345"}};
  json["config_version"] = 1;
  return json;
}

std::string signed_text(const Json& json, std::string_view type = protocol::response_type) {
  return protocol::sign_message(type, json.dump(), key());
}

Judgement judge_text(std::string_view payload, const OwnRequest& request = own) {
  return judge_answer(request, key(), payload);
}
Judgement judge_signed(const Json& json, const OwnRequest& request = own) {
  return judge_text(signed_text(json), request);
}

TEST_CASE("a signed accepted for the open request is accepted") {
  const auto judged = judge_signed(accepted());
  CHECK(judged.reaction == Reaction::accept);
  CHECK(judged.is_signed);
  CHECK(judged.answer.acceptance->generation == 1);
}

TEST_CASE("an answer of another type does not count, though its signature verifies") {
  CHECK(judge_text(signed_text(accepted(), protocol::config_type)).reaction == Reaction::drop);
  CHECK(judge_text(signed_text(accepted(), protocol::request_type)).reaction == Reaction::drop);
}

TEST_CASE("the device's proof decides the algorithm, not the header") {
  const auto now = crypto::Time(seconds(1'800'000'000));
  const crypto::Validity validity{now - hours(1), now + hours(1)};
  const auto anchor = crypto::make_ca("anchor", validity);
  const auto signer = crypto::make_signing_identity(anchor, "answers", validity);
  const protocol::ServiceAnchors anchors{.certificates = {anchor.certificate}, .now = now};
  const auto by_certificate = protocol::sign_message(protocol::response_type, accepted().dump(), &signer);

  CHECK(judge_answer(own, anchors, by_certificate).reaction == Reaction::accept);
  // A token device never takes HS256, a key device never takes ES256, even from the true service.
  CHECK(judge_answer(own, anchors, signed_text(accepted())).reaction == Reaction::drop);
  CHECK(judge_text(by_certificate).reaction == Reaction::drop);
}

TEST_CASE("a signature that does not verify does not count") {
  const protocol::Signer other = protocol::answer_key(crypto::as_bytes("another key of thirty-two bytes!"));
  CHECK(judge_text(protocol::sign_message(protocol::response_type, accepted().dump(), other)).reaction ==
        Reaction::drop);
  // Not even under the device's key itself: requests are signed with that one.
  const protocol::Signer raw{crypto::Secret(device_key)};
  CHECK(judge_text(protocol::sign_message(protocol::response_type, accepted().dump(), raw)).reaction ==
        Reaction::drop);
}

TEST_CASE("an answer to another device or another request does not count") {
  auto json = accepted();
  json["device_id"] = "12346";
  CHECK(judge_signed(json).reaction == Reaction::drop);
  json = accepted();
  json["request_id"] = "request-9876543210";
  CHECK(judge_signed(json).reaction == Reaction::drop);
  json["request_id"] = nullptr;
  CHECK(judge_signed(json).reaction == Reaction::drop);
}

TEST_CASE("nobody is told anything by an unsigned answer to another request") {
  auto json = answer("retry");
  json["retry_after_s"] = 60;
  CHECK(judge_text(json.dump()).reaction == Reaction::wait);
  json["request_id"] = "request-9876543210";
  CHECK(judge_text(json.dump()).reaction == Reaction::drop);
}

TEST_CASE("accepted, pending and challenge count only when they are signed") {
  CHECK(judge_text(accepted().dump()).reaction == Reaction::drop);
  CHECK(judge_text(answer("pending").dump()).reaction == Reaction::drop);
  auto challenge = answer("challenge");
  challenge["nonce"] = "bm9uY2U";
  CHECK(judge_text(challenge.dump()).reaction == Reaction::drop);
}

TEST_CASE("a challenge is signed at once, and counts as retry when the request had a nonce") {
  auto json = answer("challenge");
  json["nonce"] = "bm9uY2U";
  const auto first = judge_signed(json);
  CHECK(first.reaction == Reaction::sign_challenge);
  CHECK(first.answer.nonce == "bm9uY2U");
  const auto second = judge_signed(json, {.device_id = "12345", .request_id = request_id, .has_nonce = true});
  CHECK(second.reaction == Reaction::wait);
  CHECK_FALSE(second.delay.has_value());
}

TEST_CASE("pending and retry keep the request and honour the delay") {
  for (const auto* status : {"pending", "retry"}) {
    auto json = answer(status);
    json["retry_after_s"] = 30;
    const auto judged = judge_signed(json);
    CHECK(judged.reaction == Reaction::wait);
    CHECK(judged.delay == seconds(30));
    CHECK(judge_signed(answer(status)).reaction == Reaction::wait);
  }
}

TEST_CASE("a signed retry may send the device back at once") {
  auto json = answer("retry");
  json["retry_after_s"] = 0;
  CHECK(judge_signed(json).delay == seconds(0));
}

TEST_CASE("rejected with a delay keeps the request, without one it is spent") {
  auto json = answer("rejected");
  json["code"] = "conflict";
  CHECK(judge_signed(json).reaction == Reaction::take_new_request);
  json["code"] = "device_suspended";
  json["retry_after_s"] = 3600;
  CHECK(judge_signed(json).reaction == Reaction::wait);
}

TEST_CASE("an unsigned answer never spends the request") {
  auto json = answer("rejected");
  json["code"] = "invalid_request";
  CHECK(judge_text(json.dump()).reaction == Reaction::wait);
}

TEST_CASE("an unsigned answer delays by 1 h at most, a signed one by 7 days") {
  auto json = answer("rejected");
  json["code"] = "unauthorized";
  json["retry_after_s"] = 100LL * 24 * 3600;
  CHECK(judge_text(json.dump()).delay == hours(1));
  CHECK(judge_signed(json).delay == hours(7 * 24));
}

TEST_CASE("an unsigned answer cannot make the device ask in a tight loop") {
  auto json = answer("retry");
  json["retry_after_s"] = 0;
  CHECK(judge_text(json.dump()).delay == seconds(2));
}

TEST_CASE("an answer with an unknown critical member counts as retry") {
  auto json = accepted();
  json["critical"] = {"hologram"};
  json["hologram"] = 1;
  CHECK(judge_signed(json).reaction == Reaction::wait);
  json["critical"] = {"generation"};
  CHECK(judge_signed(json).reaction == Reaction::accept);
}

TEST_CASE("unknown members are ignored, an unknown status drops the answer") {
  auto json = accepted();
  json["hologram"] = 1;
  CHECK(judge_signed(json).reaction == Reaction::accept);
  CHECK(judge_signed(answer("celebrate")).reaction == Reaction::drop);
}

TEST_CASE("what is neither JSON nor a JWS from its first byte on is dropped") {
  CHECK(judge_text("").reaction == Reaction::drop);
  CHECK(judge_text(" " + answer("retry").dump()).reaction == Reaction::drop);
  CHECK(judge_text("\xEF\xBB\xBF" + answer("retry").dump()).reaction == Reaction::drop);
  CHECK(judge_text("[]").reaction == Reaction::drop);
}

TEST_CASE("an answer larger than 8 KiB is dropped") {
  auto json = answer("retry");
  json["padding"] = std::string(8192, 'x');
  CHECK(judge_text(json.dump()).reaction == Reaction::drop);
}

TEST_CASE("only signed answers tell the time") {
  CHECK(judge_signed(answer("retry")).server_time == 1'800'000'000);
  CHECK_FALSE(judge_text(answer("retry").dump()).server_time.has_value());
}

TEST_CASE("the server's time never goes back") {
  CHECK(later_of(std::nullopt, 5) == 5);
  CHECK(later_of(7, 5) == 7);
  CHECK(later_of(7, 9) == 9);
  CHECK(later_of(7, std::nullopt) == 7);
  CHECK_FALSE(later_of(std::nullopt, std::nullopt).has_value());
}

TEST_CASE("plans are made by the own clock, and by the server's time without one") {
  CHECK_FALSE(likely_time(std::nullopt, std::nullopt).has_value());
  CHECK(likely_time(std::nullopt, 50) == crypto::Time(seconds(50)));
  CHECK(likely_time(60, 50) == crypto::Time(seconds(60)));
  CHECK(likely_time(40, 50) == crypto::Time(seconds(50)));  // a clock that lost its battery
}

TEST_CASE("without a time the dates of the signer's certificate are skipped") {
  const auto now = crypto::Time(seconds(1'800'000'000));
  const auto anchor = crypto::make_ca("anchor", {now - hours(1), now + hours(1)});
  const auto signer = crypto::make_signing_identity(anchor, "answers", {now - hours(1), now + hours(1)});
  const auto text = protocol::sign_message(protocol::response_type, accepted().dump(), &signer);
  protocol::ServiceAnchors anchors{.certificates = {anchor.certificate}, .now = std::nullopt};
  CHECK(judge_answer(own, anchors, text).reaction == Reaction::accept);
  anchors.earliest = now - hours(2);  // the signer began after what the device knows
  CHECK(judge_answer(own, anchors, text).reaction == Reaction::accept);
  anchors.earliest = now + hours(2);
  CHECK(judge_answer(own, anchors, text).reaction == Reaction::drop);
  anchors.earliest.reset();
  anchors.now = now + hours(2);
  CHECK(judge_answer(own, anchors, text).reaction == Reaction::drop);
}

TEST_CASE("delays double from 2 s to 120 s, each drawn from half of it to all of it") {
  Backoff backoff;
  for (const int ceiling_s : {2, 4, 8, 16, 32, 64, 120, 120})
    CHECK(backoff.next(0.5) == milliseconds(ceiling_s * 750));
  CHECK(backoff.next(0.0) == seconds(60));
  for (int i = 0; i < 100; ++i)
    CHECK(backoff.next(0.5) == seconds(90));
  backoff.reset();
  CHECK(backoff.next(0.0) == seconds(1));
}

TEST_CASE("after a final rejection a device waits 60 s, doubling to a day") {
  CHECK(pause_after_rejections(0) == seconds(0));
  CHECK(pause_after_rejections(1) == seconds(60));
  CHECK(pause_after_rejections(2) == seconds(120));
  CHECK(pause_after_rejections(11) == seconds(61440));
  for (const unsigned count : {12U, 17U, 18U, 1000U, 4294967295U})
    CHECK(pause_after_rejections(count) == hours(24));
}

Json configuration() {
  return {{"device_id", "12345"}, {"session", "session1"}, {"state", "connected"}, {"config_version", 3}};
}
const OwnSession own_session{.device_id = "12345", .session = "session1", .applied_version = 3};

bool counts(const Json& json, std::string_view type = protocol::config_type) {
  return judge_configuration(own_session, key(), signed_text(json, type)).has_value();
}

TEST_CASE("a signed configuration of the own session counts") {
  CHECK(counts(configuration()));
  auto newer = configuration();
  newer["config_version"] = 4;
  CHECK(counts(newer));
}

TEST_CASE("a configuration of another session, device, type or signature is dropped") {
  auto json = configuration();
  json["session"] = "session2";
  CHECK_FALSE(counts(json));
  json = configuration();
  json["device_id"] = "12346";
  CHECK_FALSE(counts(json));
  CHECK_FALSE(counts(configuration(), protocol::response_type));
  const protocol::Signer other{crypto::Secret(device_key)};
  const auto forged = protocol::sign_message(protocol::config_type, configuration().dump(), other);
  CHECK_FALSE(judge_configuration(own_session, key(), forged).has_value());
  CHECK_FALSE(judge_configuration(own_session, key(), configuration().dump()).has_value());
}

TEST_CASE("a configuration older than the applied one is dropped") {
  auto json = configuration();
  json["config_version"] = 2;
  CHECK_FALSE(counts(json));
}

TEST_CASE("what comes with a configuration or a connection is no answer to ready") {
  protocol::Configuration plain, with_config, sealed, with_connection;
  with_config.config = "{}";
  sealed.sealed = "e...";
  with_connection.connection = protocol::Connection();
  CHECK_FALSE(asks_for_ready(plain));
  CHECK(asks_for_ready(with_config));
  CHECK(asks_for_ready(sealed));
  CHECK(asks_for_ready(with_connection));
}

TEST_CASE("a configuration with an unknown critical member is dropped") {
  auto json = configuration();
  json["critical"] = {"hologram"};
  CHECK_FALSE(counts(json));
}

}  // namespace
}  // namespace latchkey::device
