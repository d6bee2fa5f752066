#pragma once

#include "service/broker_http/answers.hpp"
#include "service/broker_http/feed.hpp"
#include "service/observability/http/server.hpp"

namespace latchkey::service::broker_http {

/// Answers a broker that asks over HTTP which clients may connect and what they may do, from memory.
class BrokerHttp {
 public:
  struct Handlers {
    Feed::Publish publish;
    Feed::Followed followed;  ///< may be empty
    Answers::Unfit unfit;     ///< may be empty
  };

  /// On a socket from `listen_on`. `topics` must outlive this. Throws std::system_error.
  BrokerHttp(Descriptor socket, const Logins& logins, registry::ConnectOptions database,
             const protocol::Topics& topics, Handlers handlers, Metrics& metrics, Log& log);

  [[nodiscard]] Feed& feed() noexcept { return feed_; }

 private:
  Facts facts_;
  Feed feed_;
  std::unique_ptr<HttpServer> server_;  // first to end: its handlers read the facts
};

}  // namespace latchkey::service::broker_http
