#include "service/pipeline/publisher.hpp"

#include "crypto/mac.hpp"
#include "protocol/limits.hpp"
#include "protocol/sealed.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

#include <sstream>

using namespace latchkey;
using namespace latchkey::service;
using fixtures::device;

namespace {

/// A publisher whose broker is away, so that all it says stays in the outbox.
struct Platform {
  Platform() {
    mqtt::Options options;
    options.url = "mqtt://127.0.0.1:1";
    options.client_id = "publisher";
    link = mqtt::Link::open(std::move(options), {}).value();
    publisher.emplace(*link, topics, sent, PublishAfterOpening(), metrics, log);
  }

  std::ostringstream said;
  Log log{Log::Options{}, said, [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  Metrics metrics;
  SentLog sent;
  protocol::Topics topics;
  std::unique_ptr<mqtt::Link> link;
  std::optional<Publisher> publisher;
};

/// Accepted, with that many bytes of certificate.
protocol::Answer accepted(std::size_t bytes) {
  protocol::Answer answer;
  answer.device_id = "12345";
  answer.status = protocol::Status::accepted;
  answer.acceptance.emplace();
  answer.acceptance->credential = protocol::CertificateCredential{{crypto::Bytes(bytes, 0x30)}, 0};
  return answer;
}

protocol::Signer key() {
  return crypto::Secret(std::string_view("a key for answers, of 32 bytes.."));
}

}  // namespace

TEST_CASE("an answer that no device would take is not sent, and the operator reads of it", "[publisher]") {
  Platform platform;
  const Inbound request{protocol::Channel::request, device(), {}, {}, {}};
  const auto signer = key();
  CHECK(platform.publisher->answer(request, accepted(4000), &signer));
  CHECK(platform.link->outstanding() == 1);
  CHECK_FALSE(platform.publisher->answer(request, accepted(5000), &signer));
  CHECK(platform.link->outstanding() == 1);
  CHECK(platform.said.str().find("larger than a device accepts") != std::string::npos);
  CHECK(platform.metrics.text().find(R"(latchkey_messages_dropped_total{reason="too_large"} 1)") !=
        std::string::npos);
  const auto undelivered = platform.sent.take_undelivered();
  REQUIRE(undelivered.size() == 1);
  CHECK(undelivered[0].device_id == "12345");
  CHECK(undelivered[0].what.ends_with(" bytes, more than a device accepts"));
}

TEST_CASE("a configuration and a new place that do not fit into one message go out in two", "[publisher]") {
  Platform platform;
  protocol::Configuration message;
  message.device_id = "12345";
  message.sealed = std::string(4000, 'e');
  message.connection.emplace();
  message.connection->host = "broker.example";
  message.connection->ca = {crypto::Bytes(2048, 0x30)};
  platform.publisher->configure(device(), message, key(), protocol::limits::answer_bytes, true);
  CHECK(platform.link->outstanding() == 2);
  CHECK(platform.said.str().empty());
}

TEST_CASE("the largest sealed configuration fits into a message of its own, a larger one is not sent",
          "[publisher]") {
  Platform platform;
  protocol::Configuration message;
  message.device_id = std::string(64, 'x');
  message.session = std::string(32, 's');
  message.state = "provisioning_requested";
  message.config_version = protocol::limits::json_integer - 1;
  protocol::Secrets secrets;
  secrets.config =
      crypto::Secret(R"({"a":")" + std::string(protocol::limits::config_bytes - 8, 'x') + R"("})");
  const auto recipient = crypto::PrivateKey::generate_p256().public_key().numbers();
  message.sealed = protocol::Sealer(protocol::EncryptionKey{recipient.first, recipient.second})
                       .seal(protocol::write_secrets(secrets).text());
  const protocol::Signer signer(&fixtures::service_identity());
  platform.publisher->configure(device(), message, signer, protocol::limits::answer_bytes, true);
  CHECK(platform.link->outstanding() == 1);
  CHECK(platform.said.str().empty());
  message.sealed.append(2000, 'e');
  platform.publisher->configure(device(), message, signer, protocol::limits::answer_bytes, true);
  CHECK(platform.link->outstanding() == 1);
  CHECK(platform.said.str().find("larger than a device accepts") != std::string::npos);
}
