#pragma once

#include "base/descriptor.hpp"
#include "base/listen_address.hpp"
#include "service/observability/http/message.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::service {

/// From here on connections to the address wait for a server. Throws std::system_error where it is taken.
[[nodiscard]] Descriptor listen_on(const ListenAddress& address);

/// A small HTTP server for operators and their tools: one request a connection, and no more of anything than
/// its limits say. A thread a connection, so that an answer that waits for the database keeps nobody else
/// waiting. Nobody is turned away: one connection too many ends the oldest of the address that has most.
class HttpServer {
 public:
  struct Limits {
    unsigned connections = 32;
    std::size_t request_bytes = 16UL * 1024;  ///< request line and headers
    std::chrono::seconds idle{5};
    std::chrono::seconds whole{20};  ///< from accept to close, however busy the client keeps it
  };
  /// Called on the connection's thread, several at a time. An exception becomes an answer 500.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Serves on a socket of `listen_on`. Throws std::system_error where the system refuses what it needs.
  [[nodiscard]] static std::unique_ptr<HttpServer> start(Descriptor socket, Handler handler, Limits limits);
  /// Ends open connections; waits for handlers that run.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::service
