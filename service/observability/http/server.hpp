#pragma once

#include "base/descriptor.hpp"
#include "base/listen_address.hpp"
#include "service/observability/http/message.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::service {

/// Binds and listens: from now on clients can connect, and wait for a server. Throws std::system_error if the
/// address is in use.
[[nodiscard]] Descriptor listen_on(const ListenAddress& address);

/// A small HTTP server, everything limited. One thread a connection, so that an answer that waits for the
/// database does not delay others. Above the limit a new connection ends the oldest one of the client with
/// the most connections.
class HttpServer {
 public:
  struct Limits {
    unsigned connections = 32;
    std::size_t request_bytes = 16UL * 1024;  ///< request line and headers
    std::chrono::seconds idle{5};
    std::chrono::seconds whole{20};  ///< from accept, or the answer before, to the end of an answer
    std::size_t body_bytes = 0;      ///< of a POST; 0: only GET and HEAD are served
    bool keeps_open = false;         ///< false: one request a connection
  };
  /// Called on the connection's thread, several at once. An exception becomes a 500.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Serves on a socket from `listen_on`. Throws std::system_error.
  [[nodiscard]] static std::unique_ptr<HttpServer> start(Descriptor socket, Handler handler, Limits limits);
  /// Ends open connections and waits for running handlers.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::service
