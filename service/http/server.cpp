#include "service/http/server.hpp"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace latchkey::service {
namespace {

using Clock = std::chrono::steady_clock;

/// Ends connections that are older than the limit. libmicrohttpd ends only what is silent: a client that
/// sends a byte now and then would hold its connection, and all of them, for ever.
class Ages {
 public:
  explicit Ages(std::chrono::seconds limit) : limit_(limit), thread_([this] { run(); }) {}
  ~Ages() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Ages(const Ages&) = delete;
  Ages& operator=(const Ages&) = delete;

  void opened(const MHD_Connection* connection, int socket) {
    // A descriptor of our own for the same socket: by the time it is used, the library's may be another's.
    const int own = ::dup(socket);
    const std::scoped_lock lock(mutex_);
    open_[connection] = {own, Clock::now() + limit_};
    changed_.notify_all();
  }
  void closed(const MHD_Connection* connection) {
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    ::close(found->second.socket);
    open_.erase(found);
  }

 private:
  struct Open {
    int socket = -1;
    Clock::time_point until;
  };

  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      auto next = Clock::now() + limit_;
      for (auto& [connection, open] : open_) {
        if (open.until <= Clock::now())
          ::shutdown(open.socket, SHUT_RDWR);
        else
          next = std::min(next, open.until);
      }
      changed_.wait_until(lock, next);
    }
  }

  const std::chrono::seconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const MHD_Connection*, Open> open_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

std::unexpected<std::string> failed(const ListenAddress& address) {
  return std::unexpected("HTTP cannot be served on " + address.ip + ":" + std::to_string(address.port) +
                         ": " + std::generic_category().message(errno));
}

std::expected<int, std::string> listen_on(const ListenAddress& address) {
  const SocketAddress at = address.socket_address();
  const int socket = ::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failed(address);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket, at.get(), at.size) == 0 && ::listen(socket, 64) == 0) return socket;
  auto error = failed(address);
  ::close(socket);
  return error;
}

MHD_Result take_parameter(void* query, MHD_ValueKind, const char* name, const char* value) {
  (*static_cast<decltype(HttpRequest::query)*>(query))[name] = value == nullptr ? "" : value;
  return MHD_YES;
}

std::string header(MHD_Connection* connection, const char* name) {
  const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

HttpRequest request_of(MHD_Connection* connection, const char* path, const char* method) {
  HttpRequest request{.method = method,
                      .path = path,
                      .query = {},
                      .host = header(connection, MHD_HTTP_HEADER_HOST),
                      .authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION)};
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_parameter, &request.query);
  return request;
}

MHD_Result send(MHD_Connection* connection, const HttpResponse& response) {
  // Copied by the library, which sends it after this returned.
  MHD_Response* const made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) return MHD_NO;
  MHD_add_response_header(made, "Content-Type", response.content_type.c_str());
  MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(made, "Cache-Control", "no-store");
  MHD_add_response_header(made, "Connection", "close");
  for (const auto& [name, value] : response.headers)
    MHD_add_response_header(made, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, response.status, made);
  MHD_destroy_response(made);
  return queued;
}

}  // namespace

struct HttpServer::Impl {
  Impl(Handler with, Limits limits) : handler(std::move(with)), ages(limits.whole) {}
  ~Impl() {
    if (daemon != nullptr) MHD_stop_daemon(daemon);  // closes the listening socket as well
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  HttpResponse answer(const HttpRequest& request) noexcept {
    try {
      if (request.method == "GET" || request.method == "HEAD") return handler(request);
      return {405, "text/plain; charset=utf-8", "only GET\n", {{"Allow", "GET, HEAD"}}};
    } catch (const std::exception&) {
      return {.status = 500, .body = {}, .headers = {}};
    }
  }

  static MHD_Result access(void* self, MHD_Connection* connection, const char* path, const char* method,
                           const char*, const char*, std::size_t*, void**) noexcept {
    try {
      return send(connection, static_cast<Impl*>(self)->answer(request_of(connection, path, method)));
    } catch (const std::exception&) {
      return MHD_NO;  // out of memory: the connection is closed
    }
  }

  static void notice(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
    Ages& ages = static_cast<Impl*>(self)->ages;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) return ages.closed(connection);
    const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != nullptr) ages.opened(connection, info->connect_fd);
  }

  Handler handler;
  Ages ages;
  MHD_Daemon* daemon = nullptr;
};

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(const ListenAddress& address,
                                                                          Handler handler, Limits limits) {
  const auto socket = listen_on(address);
  if (!socket) return std::unexpected(socket.error());
  auto impl = std::make_unique<Impl>(std::move(handler), limits);
  impl->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, nullptr, nullptr,
      &Impl::access, impl.get(), MHD_OPTION_LISTEN_SOCKET, *socket, MHD_OPTION_NOTIFY_CONNECTION,
      &Impl::notice, impl.get(), MHD_OPTION_CONNECTION_LIMIT, limits.connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits.connections_of_an_address,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.request_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(limits.idle.count()), MHD_OPTION_END);
  if (impl->daemon == nullptr) {
    ::close(*socket);
    return failed(address);
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

}  // namespace latchkey::service
