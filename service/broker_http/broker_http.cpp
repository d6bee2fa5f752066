#include "service/broker_http/broker_http.hpp"

namespace latchkey::service::broker_http {
namespace {

// A broker keeps a pool of connections open; a thread each is what bounds them. The broker's client closes
// idle ones after two minutes, so it does not send a question while this end closes.
constexpr HttpServer::Limits limits{.connections = 128,
                                    .request_bytes = 16UL * 1024,
                                    .idle = std::chrono::seconds(240),
                                    .whole = std::chrono::seconds(300),
                                    .body_bytes = 8UL * 1024,
                                    .keeps_open = true};

Answers::Now now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::floor<std::chrono::seconds>(time).count(), Facts::Clock::now()};
}

}  // namespace

BrokerHttp::BrokerHttp(Descriptor socket, const Logins& logins, registry::ConnectOptions database,
                       const protocol::Topics& topics, Handlers handlers, Metrics& metrics, Log& log)
    : facts_(topics),
      feed_(std::move(database), facts_, topics, std::move(handlers.publish), std::move(handlers.followed),
            metrics, log) {
  auto answers = std::make_shared<const Answers>(facts_, topics, logins, now, std::move(handlers.unfit), log);
  server_ = HttpServer::start(
      std::move(socket), [answers](const HttpRequest& request) { return (*answers)(request); }, limits);
}

}  // namespace latchkey::service::broker_http
