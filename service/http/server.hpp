#pragma once

#include "service/http/address.hpp"
#include "service/http/message.hpp"

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::service {

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

  [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> start(
      const ListenAddress& address, Handler handler, Limits limits);
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
