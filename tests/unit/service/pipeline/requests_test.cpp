#include "service/pipeline/requests.hpp"

#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

#include <sstream>

using namespace latchkey;
using namespace latchkey::service;
using namespace std::chrono_literals;

namespace {

/// The path of requests, whose broker and registry are away: what it answers stays in the outbox.
struct Path {
  Path() {
    mqtt::Options options;
    options.url = "mqtt://127.0.0.1:1";
    options.client_id = "requests";
    link = mqtt::Link::open(std::move(options), {}).value();
    publisher.emplace(*link, topics, sent, PublishAfterOpening(), metrics, log);
    requests.emplace(RequestTools{fixtures::authenticator(),
                                  {decider, issuer, fixtures::master(), intermediates, destination, topics},
                                  *publisher,
                                  limits,
                                  metrics,
                                  log},
                     registry);
  }

  /// The log after a request that has waited so long.
  [[nodiscard]] std::string said_of(Steady::duration age) {
    said.str({});
    requests->run({{protocol::Channel::request, fixtures::device(), "{}", {}, Steady::now() - age}});
    return said.str();
  }

  std::ostringstream said;
  Log log{Log::Options{}, said, [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  Metrics metrics;
  SentLog sent;
  protocol::Topics topics;
  Decider decider{fixtures::nonces()};
  crypto::Issuer issuer{fixtures::ca()};
  std::vector<crypto::Bytes> intermediates;
  Destination destination{"broker.example", 8883, 8883, true, {}};
  ProofLimits limits;
  registry::Registry registry{{"postgresql://nobody@127.0.0.1:1/nothing", {}}, 1s};
  std::unique_ptr<mqtt::Link> link;
  std::optional<Publisher> publisher;
  std::optional<RequestPipeline> requests;
};

}  // namespace

TEST_CASE("a request that waited so long that its device has repeated it is answered without the registry",
          "[requests]") {
  Path path;
  CHECK(path.said_of(11s).contains("waited_too_long"));
  CHECK(path.link->outstanding() == 1);
  CHECK(path.said_of(9s).contains("registry_unavailable"));
}
