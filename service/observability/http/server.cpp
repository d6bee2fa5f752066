#include "service/observability/http/server.hpp"

#include <microhttpd.h>
#include <netinet/in.h>
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

/// The client for the limits: an IPv4 address, or the /64 network of an IPv6 address, since one client has
/// 2^64 of those.
std::string client_of(const sockaddr* address) {
  const auto bytes = [](const auto& from, std::size_t at, std::size_t count) {
    return std::string(reinterpret_cast<const char*>(&from) + at, count);
  };
  if (address != nullptr && address->sa_family == AF_INET)
    return bytes(reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 0, 4);
  if (address == nullptr || address->sa_family != AF_INET6) return {};
  const in6_addr& ip = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_V4MAPPED(&ip) ? bytes(ip, 12, 4) : bytes(ip, 0, 8);
}

/// Ends connections that are older than the limit, and, above the limit of connections, the oldest one of the
/// client with the most. libmicrohttpd ends only idle connections and refuses new ones above its limit:
/// clients that send a byte now and then could occupy all connections for ever.
class OpenConnections {
 public:
  explicit OpenConnections(HttpServer::Limits limits) : limits_(limits), thread_([this] { run(); }) {}
  ~OpenConnections() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  OpenConnections(const OpenConnections&) = delete;
  OpenConnections& operator=(const OpenConnections&) = delete;

  void opened(const MHD_Connection* connection, int socket, const sockaddr* address) {
    // A duplicate descriptor: the library may close its own, and the number may be reused before we use it.
    const int own = ::dup(socket);
    const std::scoped_lock lock(mutex_);
    const auto now = Clock::now();
    open_[connection] = {own, now, now + limits_.whole, client_of(address)};
    if (open_.size() - ended_ > limits_.connections) end(oldest_of_who_has_most());
    changed_.notify_all();
  }
  void answered(const MHD_Connection* connection) {
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(connection);
    if (found != open_.end()) found->second.until = Clock::now() + limits_.whole;
  }
  void closed(const MHD_Connection* connection) {
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    if (found->second.is_ended) --ended_;
    ::close(found->second.socket);
    open_.erase(found);
  }

 private:
  struct Open {
    int socket = -1;
    Clock::time_point since;
    Clock::time_point until;
    std::string client;
    bool is_ended = false;
  };

  Open& oldest_of_who_has_most() {
    std::map<std::string_view, std::pair<std::size_t, Open*>> clients;  // how many, and the oldest
    for (auto& [connection, open] : open_) {
      if (open.is_ended) continue;
      auto& [count, oldest] = clients[open.client];
      ++count;
      if (oldest == nullptr || open.since < oldest->since) oldest = &open;
    }
    return *std::ranges::max_element(clients, {}, [](const auto& each) {
              return each.second.first;
            })->second.second;
  }

  void end(Open& open) {
    open.is_ended = true;
    ++ended_;
    ::shutdown(open.socket, SHUT_RDWR);
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      auto next = Clock::now() + limits_.whole;
      for (auto& [connection, open] : open_) {
        if (open.is_ended) continue;
        if (open.until <= Clock::now())
          end(open);
        else
          next = std::min(next, open.until);
      }
      changed_.wait_until(lock, next);
    }
  }

  const HttpServer::Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const MHD_Connection*, Open> open_;
  std::size_t ended_ = 0;  ///< how many of `open_` are shut down and not closed yet
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

MHD_Result take_parameter(void* query, MHD_ValueKind, const char* name, const char* value) {
  (*static_cast<decltype(HttpRequest::query)*>(query))[name] = value == nullptr ? "" : value;
  return MHD_YES;
}

std::string header(MHD_Connection* connection, const char* name) {
  const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

/// A request whose body is being received.
struct Receiving {
  crypto::Secret body;
  std::size_t size = 0;
};

HttpRequest request_of(MHD_Connection* connection, const char* path, const char* method) {
  HttpRequest request{.method = method,
                      .path = path,
                      .query = {},
                      .host = header(connection, MHD_HTTP_HEADER_HOST),
                      .authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
                      .body = {}};
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_parameter, &request.query);
  return request;
}

MHD_Result send(MHD_Connection* connection, const HttpResponse& response, bool keeps_open) {
  // The library copies the body and sends it after this function returns.
  MHD_Response* const made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) return MHD_NO;
  MHD_add_response_header(made, "Content-Type", response.content_type.c_str());
  MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(made, "Cache-Control", "no-store");
  if (!keeps_open) MHD_add_response_header(made, "Connection", "close");
  for (const auto& [name, value] : response.headers)
    MHD_add_response_header(made, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, response.status, made);
  MHD_destroy_response(made);
  return queued;
}

}  // namespace

Descriptor listen_on(const ListenAddress& address) {
  const SocketAddress at = address.socket_address();
  Descriptor socket(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket.number() >= 0 && ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      ::bind(socket.number(), at.get(), at.size) == 0 && ::listen(socket.number(), 64) == 0)
    return socket;
  throw std::system_error(errno, std::generic_category(),
                          "HTTP cannot be served on " + address.ip + ":" + std::to_string(address.port));
}

struct HttpServer::Impl {
  Impl(Handler with, Limits given) : handler(std::move(with)), limits(given), connections(given) {}
  ~Impl() {
    if (daemon != nullptr) MHD_stop_daemon(daemon);  // closes the listening socket as well
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  HttpResponse answer(const HttpRequest& request) noexcept {
    try {
      if (request.method == "GET" || request.method == "HEAD") return handler(request);
      if (request.method == "POST" && limits.body_bytes > 0) return handler(request);
      return {405,
              "text/plain; charset=utf-8",
              limits.body_bytes > 0 ? "only GET and POST\n" : "only GET\n",
              {{"Allow", limits.body_bytes > 0 ? "GET, HEAD, POST" : "GET, HEAD"}}};
    } catch (const std::exception&) {
      return {.status = 500, .body = {}, .headers = {}};
    }
  }

  /// The library calls it when it has the headers, for each part of the body, and when it has all.
  MHD_Result receive(MHD_Connection* connection, HttpRequest request, std::string_view part,
                     std::size_t* part_size, Receiving*& receiving) {
    if (limits.body_bytes == 0 || request.method != "POST") return send(connection, answer(request), false);
    if (receiving == nullptr) {
      receiving = new Receiving{crypto::Secret(limits.body_bytes)};  // NOLINT: `completed` deletes it
      return MHD_YES;
    }
    if (*part_size == 0) {
      request.body = crypto::Secret(receiving->body.view().first(receiving->size));
      return send(connection, answer(request), limits.keeps_open);
    }
    if (part.size() > limits.body_bytes - receiving->size) return MHD_NO;  // closes the connection
    std::ranges::copy(crypto::as_bytes(part),
                      receiving->body.writable().begin() + static_cast<std::ptrdiff_t>(receiving->size));
    receiving->size += part.size();
    *part_size = 0;
    return MHD_YES;
  }

  static MHD_Result access(void* self, MHD_Connection* connection, const char* path, const char* method,
                           const char*, const char* part, std::size_t* part_size, void** state) noexcept {
    try {
      auto* receiving = static_cast<Receiving*>(*state);
      const MHD_Result result =
          static_cast<Impl*>(self)->receive(connection, request_of(connection, path, method),
                                            std::string_view(part, *part_size), part_size, receiving);
      *state = receiving;
      return result;
    } catch (const std::exception&) {
      return MHD_NO;  // out of memory: the connection is closed
    }
  }

  static void completed(void* self, MHD_Connection* connection, void** state, MHD_RequestTerminationCode) {
    delete static_cast<Receiving*>(*state);  // NOLINT: made by `receive`
    *state = nullptr;
    static_cast<Impl*>(self)->connections.answered(connection);
  }

  static void notice(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
    OpenConnections& connections = static_cast<Impl*>(self)->connections;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) return connections.closed(connection);
    const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto* const from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != nullptr)
      connections.opened(connection, info->connect_fd, from == nullptr ? nullptr : from->client_addr);
  }

  Handler handler;
  const Limits limits;
  OpenConnections connections;
  MHD_Daemon* daemon = nullptr;
};

std::unique_ptr<HttpServer> HttpServer::start(Descriptor socket, Handler handler, Limits limits) {
  auto impl = std::make_unique<Impl>(std::move(handler), limits);
  // A connection that is ended takes a moment to close, so the library gets twice the limit.
  const unsigned with_those_that_end = 2 * limits.connections;
  impl->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, nullptr, nullptr,
      &Impl::access, impl.get(), MHD_OPTION_LISTEN_SOCKET, socket.number(), MHD_OPTION_NOTIFY_CONNECTION,
      &Impl::notice, impl.get(), MHD_OPTION_NOTIFY_COMPLETED, &Impl::completed, impl.get(),
      MHD_OPTION_CONNECTION_LIMIT, with_those_that_end, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      limits.request_bytes, MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(limits.idle.count()),
      MHD_OPTION_END);
  if (impl->daemon == nullptr) throw std::system_error(errno, std::generic_category(), "HTTP");
  static_cast<void>(socket.release());  // the daemon owns the socket now
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

}  // namespace latchkey::service
