#include "protocol/answer.hpp"

#include "protocol/limits.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

Acceptance acceptance() {
  Acceptance out;
  out.generation = 2;
  out.credential =
      CertificateCredential{.chain = {{0x30, 0x00}, {0x30, 0x01, 0x00}}, .renew_after = 1767225600};
  out.connection.host = "broker.example";
  out.connection.port = 8884;
  out.connection.client_id = "12345";
  out.connection.topics = "devices/12345";
  out.config_version = 5;
  return out;
}

Answer answer(Status status) {
  Answer out;
  out.request_id = request_id;
  out.device_id = "12345";
  out.status = status;
  out.tracking_id = "t-1";
  out.server_time = 1767225600;
  return out;
}

Answer accepted(Acceptance with) {
  auto out = answer(Status::accepted);
  out.acceptance = std::move(with);
  return out;
}

Json written(const Answer& what) {
  return Json::parse(encode_answer(what));
}

std::string fault(const Json& what) {
  const auto decoded = decode_answer(what.dump());
  return decoded ? "" : decoded.error();
}

std::string fault_with(std::string_view at, std::string_view value) {
  return fault(with(written(accepted(acceptance())), at, value));
}

Answer read_back(const Answer& what) {
  auto decoded = decode_answer(encode_answer(what));
  INFO((decoded ? "" : decoded.error()));
  REQUIRE(decoded);
  CHECK(decoded->request_id.value_or("null") == what.request_id.value_or("null"));
  CHECK(decoded->device_id == what.device_id);
  CHECK(decoded->status == what.status);
  CHECK(decoded->tracking_id == what.tracking_id);
  CHECK(decoded->server_time == what.server_time);
  CHECK(decoded->code == what.code);
  CHECK(decoded->message == what.message);
  CHECK(decoded->retry_after_s.value_or(-1) == what.retry_after_s.value_or(-1));
  CHECK(decoded->nonce == what.nonce);
  CHECK(decoded->acceptance.has_value() == what.acceptance.has_value());
  return *std::move(decoded);
}

}  // namespace

TEST_CASE("an answer without a credential is read as it was written") {
  for (const auto status : {Status::pending, Status::rejected, Status::retry}) {
    auto what = answer(status);
    what.retry_after_s = 60;
    what.code = status == Status::pending ? "" : "rate_limited";
    what.message = status == Status::pending ? "" : "Too many attempts.";
    read_back(what);
  }
  auto challenge = answer(Status::challenge);
  challenge.nonce = "bm9uY2U";
  read_back(challenge);
  auto nameless = answer(Status::rejected);
  nameless.request_id.reset();
  CHECK(written(nameless)["request_id"].is_null());
  read_back(nameless);
}

TEST_CASE("a certificate is read as it was written") {
  auto wanted = acceptance();
  wanted.config = R"({"a":[1,{"b":null}]})";
  wanted.sealed = "e.e.e.e.e";
  wanted.connection.ca = {{0x30, 0x00}};
  const auto back = read_back(accepted(wanted)).acceptance.value();
  CHECK(back.generation == 2);
  CHECK(back.config_version == 5);
  CHECK(back.config == wanted.config);
  CHECK(back.sealed == wanted.sealed);
  const auto& credential = std::get<CertificateCredential>(back.credential);
  CHECK(credential.chain == std::get<CertificateCredential>(wanted.credential).chain);
  CHECK(credential.renew_after == 1767225600);
  CHECK(back.connection.host == "broker.example");
  CHECK(back.connection.port == 8884);
  CHECK(back.connection.tls);
  CHECK(back.connection.client_id == "12345");
  CHECK(back.connection.topics == "devices/12345");
  CHECK(back.connection.ca == wanted.connection.ca);
  CHECK(back.connection.publish.empty());
  CHECK(back.connection.subscribe.empty());
}

TEST_CASE("rights are read as they were written, and a list without filters is left out") {
  auto wanted = acceptance();
  wanted.connection.publish = {"plant/12345/#", "plant/12345/a\"b"};
  const auto back = read_back(accepted(wanted)).acceptance.value();
  CHECK(back.connection.publish == wanted.connection.publish);
  CHECK(back.connection.subscribe.empty());
  CHECK_FALSE(written(accepted(wanted))["connection"].contains("subscribe"));
}

TEST_CASE("rights beyond their bounds are refused by member") {
  const Json filters(std::vector<std::string>(33, "a"));
  CHECK(fault_with("/connection/publish", filters.dump()) ==
        "connection.publish: must be an array of at most 32 strings");
  CHECK(fault_with("/connection/subscribe", "[1]") == "connection.subscribe: must be a string");
  CHECK(fault_with("/connection/subscribe", R"([""])") == "connection.subscribe: must not be empty");
  CHECK(fault_with("/connection/publish", Json({std::string(1024, 'a')}).dump()).empty());
  CHECK(fault_with("/connection/publish", Json({std::string(1025, 'a')}).dump()) ==
        "connection.publish: and subscribe have more than 1024 bytes together");
}

TEST_CASE("a password credential is read as it was written, its password sealed only") {
  auto wanted = acceptance();
  wanted.connection.tls = false;
  for (const auto renew_after : {std::optional<std::int64_t>(), std::optional<std::int64_t>(7)}) {
    wanted.credential = PasswordCredential{.username = "12345@2", .renew_after = renew_after};
    const auto back = read_back(accepted(wanted)).acceptance.value();
    CHECK(std::get<PasswordCredential>(back.credential).username == "12345@2");
    CHECK(std::get<PasswordCredential>(back.credential).renew_after == renew_after);
    CHECK_FALSE(back.connection.tls);
    CHECK_FALSE(back.config);
    CHECK(back.sealed.empty());
  }
}

TEST_CASE("members that say nothing are left out") {
  const auto bare = written(answer(Status::retry));
  CHECK(bare.size() == 5);
  const auto full = written(accepted(acceptance()));
  CHECK_FALSE(full.contains("config"));
  CHECK_FALSE(full.contains("sealed"));
  CHECK_FALSE(full["connection"].contains("ca"));
  CHECK(full["credential"]["chain"][0] == "MAA=");
}

TEST_CASE("the message for people is made printable") {
  auto what = answer(Status::rejected);
  what.message = "bad\nthing " + std::string(300, 'x');
  const auto message = written(what)["message"].get<std::string>();
  CHECK(message.starts_with("bad?thing x"));
  CHECK(message.size() == 200);
}

TEST_CASE("an answer that is not as the protocol says is refused by member") {
  const std::tuple<std::string_view, std::string_view, std::string_view> table[] = {
      {"/request_id", "", "request_id: is missing"},
      {"/request_id", "1", "request_id: must be a string"},
      {"/device_id", "", "device_id: is missing"},
      {"/status", "", "status: is missing"},
      {"/status", R"("perhaps")", "status: is not known"},
      {"/tracking_id", "", "tracking_id: is missing"},
      {"/server_time", "", "server_time: is missing"},
      {"/server_time", "1.5", "server_time: must be an integer, 0 to 2^53-1"},
      {"/retry_after_s", "-1", "retry_after_s: must be an integer, 0 to 2^53-1"},
      {"/code", "1", "code: must be a string"},
      {"/message", "1", "message: must be a string"},
      {"/generation", "", "generation: is missing"},
      {"/credential", "", "credential: is missing"},
      {"/credential/type", R"("ssh")", "credential.type: is not known"},
      {"/credential/chain", "[]", "credential.chain: must be an array of 1 to 8 strings"},
      {"/credential/chain", R"(["x"])", "credential.chain: must be base64 of DER"},
      {"/credential/renew_after", "", "credential.renew_after: is missing"},
      {"/credential", R"({"type":"password"})", "credential.username: is missing"},
      {"/connection", "", "connection: is missing"},
      {"/connection/host", R"("")", "connection.host: must not be empty"},
      {"/connection/port", "0", "connection.port: must be 1 to 65535"},
      {"/connection/port", "65536", "connection.port: must be 1 to 65535"},
      {"/connection/port", "65535", ""},
      {"/connection/tls", "1", "connection.tls: must be true or false"},
      {"/connection/tls", "", "connection.tls: is missing"},
      {"/connection/client_id", "", "connection.client_id: is missing"},
      {"/connection/topics", "", "connection.topics: is missing"},
      {"/connection/ca", "[]", "connection.ca: must be an array of 1 to 16 strings"},
      {"/connection/ca", "[1]", "connection.ca: must be base64 of DER"},
      {"/config_version", "", "config_version: is missing"},
      {"/config", "[]", "config: must be an object"},
      {"/sealed", "{}", "sealed: must be a string"},
      {"/critical", "1", "critical: must be an array of member names"},
      {"/critical", R"(["sealed"])", ""},
      {"/shiny", "1", ""},
  };
  for (const auto& [at, value, expected] : table) {
    CAPTURE(at, value);
    CHECK(fault_with(at, value) == expected);
  }
  CHECK(fault(written(answer(Status::challenge))) == "nonce: is missing");
  CHECK(decode_answer("").error() == "answer: is not a JSON object");
  CHECK(decode_answer(R"({"status":1,"status":1})").error() == "answer: has status twice");
}

TEST_CASE("an answer with something critical that is not known reads as retry") {
  const auto json =
      with(with(written(accepted(acceptance())), "/critical", R"(["shiny"])"), "/retry_after_s", "9");
  const auto decoded = decode_answer(json.dump());
  REQUIRE(decoded);
  CHECK(decoded->status == Status::retry);
  CHECK(decoded->request_id == request_id);
  CHECK(decoded->retry_after_s == 9);
  CHECK_FALSE(decoded->acceptance);
}

TEST_CASE("a signed answer keeps its config while it fits, and the rest always") {
  auto wanted = acceptance();
  const auto sent = [&](std::size_t bytes) {
    wanted.config = R"({"a":")" + std::string(bytes, 'x') + R"("})";
    const auto message = encode_signed_answer(accepted(wanted), answer_key(key().view()));
    CHECK(message.size() <= limits::answer_bytes);
    return decode_answer(open_message(response_type, message, answer_key(key().view())).value()).value();
  };
  CHECK(sent(3000).acceptance->config == wanted.config);
  const auto without = sent(7000);
  CHECK_FALSE(without.acceptance->config);
  CHECK(without.acceptance->generation == 2);
  CHECK(without.acceptance->config_version == 5);
}

TEST_CASE("a signed answer with a sealed config that is too large goes out with the password alone") {
  auto wanted = acceptance();
  wanted.sealed_without_config = "e.password";
  const auto sent = [&](std::size_t bytes) {
    wanted.sealed = std::string(bytes, 'e');
    const auto message = encode_signed_answer(accepted(wanted), answer_key(key().view()));
    CHECK(message.size() <= limits::answer_bytes);
    return decode_answer(open_message(response_type, message, answer_key(key().view())).value()).value();
  };
  CHECK(sent(5000).acceptance->sealed == wanted.sealed);
  CHECK(sent(7000).acceptance->sealed == "e.password");
  wanted.sealed_without_config.clear();
  CHECK(sent(7000).acceptance->sealed.empty());
}

TEST_CASE("a password stays where a config in clear is left out") {
  auto wanted = acceptance();
  wanted.config = R"({"a":")" + std::string(7000, 'x') + R"("})";
  wanted.sealed = wanted.sealed_without_config = "e.password";
  const auto signer = Signer(answer_key(key().view()));
  const auto message = encode_signed_answer(accepted(wanted), signer);
  const auto sent = decode_answer(open_message(response_type, message, answer_key(key().view())).value());
  CHECK_FALSE(sent.value().acceptance->config);
  CHECK(sent.value().acceptance->sealed == "e.password");
}

namespace {

std::size_t size_of(const Answer& answer, const Signer& signer) {
  return sign_message(response_type, encode_answer(answer), signer).size();
}

/// What is left of this acceptance within `most_bytes`, and what was left out.
std::pair<Fitted, Acceptance> fitted(const Acceptance& wanted, const Signer& signer, std::size_t most_bytes) {
  auto answer = accepted(wanted);
  const auto fit = fit_answer(answer, signer, most_bytes);
  const bool is_exact = !fit.is_whole() || fit.bytes > most_bytes;
  CHECK((is_exact ? fit.bytes == size_of(answer, signer) : fit.bytes >= size_of(answer, signer)));
  CHECK(bound_of_answer(answer) >= encode_answer(answer).size());
  return {fit, answer.acceptance.value()};
}

void check_each_boundary(const Acceptance& wanted, const Signer& signer) {
  const auto whole = size_of(accepted(wanted), signer);
  CHECK_FALSE(fitted(wanted, signer, 16384).first.without_config);
  CHECK_FALSE(fitted(wanted, signer, whole).first.without_config);

  const auto [less, has_ca] = fitted(wanted, signer, whole - 1);
  CHECK(less.without_config);
  CHECK_FALSE(less.without_rights);
  CHECK_FALSE(has_ca.config);
  CHECK(has_ca.sealed == wanted.sealed_without_config);
  CHECK(has_ca.connection.publish == wanted.connection.publish);
  CHECK_FALSE(fitted(wanted, signer, less.bytes).first.without_rights);

  const auto [fewer, no_rights] = fitted(wanted, signer, less.bytes - 1);
  CHECK(fewer.without_rights);
  CHECK_FALSE(fewer.without_ca);
  CHECK(no_rights.connection.publish.empty());
  CHECK(no_rights.connection.subscribe.empty());
  CHECK(no_rights.connection.ca == wanted.connection.ca);
  CHECK_FALSE(fitted(wanted, signer, fewer.bytes).first.without_ca);

  const auto [least, bare] = fitted(wanted, signer, fewer.bytes - 1);
  CHECK(least.without_config);
  CHECK(least.without_ca);
  CHECK(bare.connection.ca.empty());
  CHECK(bare.connection.host == wanted.connection.host);
  CHECK(bare.sealed == wanted.sealed_without_config);
  CHECK(fitted(wanted, signer, least.bytes - 1).first.bytes == least.bytes);
}

}  // namespace

TEST_CASE(
    "an answer is left without its config, then its rights, then its anchors, each only where it must") {
  auto wanted = acceptance();
  wanted.connection.publish = {"plant/12345/telemetry/#"};
  wanted.connection.subscribe = {"plant/12345/commands/#"};
  wanted.connection.ca = {crypto::Bytes(500, 0x30)};
  wanted.config = R"({"a":1})";
  check_each_boundary(wanted, answer_key(key().view()));
  wanted.config.reset();
  wanted.sealed = "e.password and config";
  wanted.sealed_without_config = "e.password";
  check_each_boundary(wanted, answer_key(key().view()));
}

TEST_CASE("no answer is larger than its bound") {
  auto wanted = acceptance();
  wanted.connection.ca.assign(16, crypto::Bytes(3, 0x30));
  auto answer = accepted(wanted);
  answer.request_id = std::string(64, '\x01');
  answer.acceptance->connection.publish = {std::string(500, '"'), std::string(500, '\x01')};
  CHECK(bound_of_answer(answer) >= encode_answer(answer).size());
  answer.acceptance->credential = PasswordCredential{"device@1", 1};
  CHECK(bound_of_answer(answer) >= encode_answer(answer).size());
  answer.acceptance.reset();
  answer.message = std::string(200, '"');
  CHECK(bound_of_answer(answer) >= encode_answer(answer).size());
}

TEST_CASE("a device takes what it named, and never more than the protocol allows") {
  CHECK(largest_message(0) == limits::answer_bytes);
  CHECK(largest_message(2048) == 2048);
  CHECK(largest_message(16384) == limits::answer_bytes);
}

}  // namespace latchkey::protocol
