#pragma once

#include "database.hpp"
#include "rows.hpp"
#include "service/pipeline/requests.hpp"
#include "service/pipeline/statuses.hpp"

#include <chrono>
#include <sstream>

// The service's pipelines at a real registry. Its broker is away, so that what it answers stays in the
// outbox.
namespace latchkey::test {

using namespace std::chrono_literals;
using service::Steady;

[[nodiscard]] inline crypto::Time this_second() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}
[[nodiscard]] inline crypto::Validity around_now() {
  return {this_second() - 24h, this_second() + 24h};
}
[[nodiscard]] inline const crypto::Identity& device_ca() {
  static const auto made = crypto::make_ca("devices", around_now());
  return made;
}
[[nodiscard]] inline const service::MasterKey& master() {
  static const service::MasterKey key{crypto::Secret(std::string_view("a master key that is of 32 bytes"))};
  return key;
}

/// One for all: it makes keys.
[[nodiscard]] inline const service::Authenticator& authenticator() {
  static const auto signing = crypto::make_signing_identity(device_ca(), "service", around_now());
  static const service::Authenticator made(master(), signing, {device_ca().certificate});
  return made;
}

/// What a case has otherwise than usual.
struct Unusual {
  bool gives_passwords = true;
  const crypto::Identity& device_ca = test::device_ca();
  std::chrono::seconds patience = std::chrono::seconds(5);
};

/// One for all: to stop the library's client takes it seconds.
[[nodiscard]] inline mqtt::Link& no_broker() {
  static const auto link = [] {
    mqtt::Options options;
    options.url = "mqtt://127.0.0.1:1";
    options.client_id = "serving";
    return mqtt::Link::open(std::move(options), {}).value();
  }();
  return *link;
}

struct Serving {
  explicit Serving(registry::ConnectOptions options, const Unusual& unusual = {})
      : decider(nonces, unusual.gives_passwords),
        issuer(unusual.device_ca),
        registry(std::move(options), unusual.patience) {}

  /// `age`: how long it has waited already.
  void request(const std::string& id, std::string payload, Steady::duration age = {}, bool shed = false) {
    requests.run(
        {{protocol::Channel::request, id_of(id), std::move(payload), {}, Steady::now() - age, shed}});
  }
  /// The broker asked about a device whose id it cannot carry.
  void unfit(const std::string& id) {
    requests.run({{protocol::Channel::request,
                   id_of(id),
                   {},
                   {},
                   Steady::now(),
                   false,
                   Steady::time_point::max(),
                   true}});
  }
  void status(const std::string& id, std::string payload, Steady::duration age = {}) {
    statuses.run({{protocol::Channel::status, id_of(id), std::move(payload), {}, Steady::now() - age}});
  }
  /// The last line of the log.
  [[nodiscard]] std::string line() const {
    std::string text = said.str();
    if (!text.empty()) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }

  std::ostringstream said;
  service::Log log{service::Log::Options{}, said,
                   [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  service::Metrics metrics;
  service::SentLog sent;
  protocol::Topics topics;
  const service::Authenticator& authenticator = test::authenticator();
  service::Nonces nonces{master().derive("nonce v1")};
  service::Decider decider;
  crypto::Issuer issuer;
  std::vector<crypto::Bytes> intermediates;
  service::ProofLimits limits;
  registry::Registry registry;
  service::Destination destination{"broker.example", 8883, 8883, true, {}};
  service::Publisher publisher{no_broker(), topics, sent, service::PublishAfterOpening(), metrics, log};
  service::Configurer configurer{authenticator, destination, topics, publisher, log};
  service::RequestPipeline requests{{authenticator,
                                     {decider, issuer, master(), intermediates, destination, topics},
                                     publisher,
                                     limits,
                                     metrics,
                                     log},
                                    registry};
  service::Confirmation confirmation{authenticator, limits, destination, topics};
  service::StatusPipeline statuses{{configurer, confirmation, metrics, log}, registry};
};

}  // namespace latchkey::test
