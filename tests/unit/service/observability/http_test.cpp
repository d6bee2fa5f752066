#include "service/observability/activity.hpp"
#include "service/observability/http/client.hpp"
#include "service/observability/http/routes.hpp"
#include "service/observability/http/server.hpp"
#include "service/observability/metrics.hpp"
#include "support/catch.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

using namespace latchkey::service;
using namespace std::chrono_literals;

namespace {

HttpRequest get(std::string path, bool verbose = false) {
  HttpRequest request{.method = "GET", .path = std::move(path), .query = {}, .host = {}, .authorization = {}};
  if (verbose) request.query["verbose"] = "";
  return request;
}

RouteSources sources(std::optional<std::string> database, bool alive = true) {
  return {
      .alive = [alive] { return alive; },
      .checks = [database] { return std::vector<Check>{{"broker", {}}, {"database", database}}; },
      .metrics = [] { return std::string("latchkey_x 1\n"); },
      .page = [](const HttpRequest&) { return HttpResponse{.status = 200, .body = "page", .headers = {}}; }};
}

/// A port that nobody has at the moment.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&place), size) == 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&place), &size);
  ::close(socket);
  return ntohs(place.sin_port);
}

struct Server {
  explicit Server(HttpServer::Handler handler, HttpServer::Limits limits = {})
      : server(HttpServer::start(listen_on(address), std::move(handler), limits)) {}
  ListenAddress address{"127.0.0.1", free_port()};
  std::unique_ptr<HttpServer> server;
};

HttpResponse echo(const HttpRequest& request) {
  return {.status = 200, .body = request.path, .headers = {}};
}

int connected(const ListenAddress& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(address.port);
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
  return socket;
}

/// Sends it and reads until the server closes.
std::string talk(const ListenAddress& address, const std::string& text) {
  const int socket = connected(address);
  REQUIRE(::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(size));
  ::close(socket);
  return answer;
}

/// Clients that open as many connections as they like and never finish a request: each sends a byte now and
/// then, and connects again as soon as it is cut off.
class Tricklers {
 public:
  Tricklers(const ListenAddress& target, std::vector<const char*> from, std::size_t count)
      : target_(target), from_(std::move(from)), sockets_(count, -1), thread_([this] { run(); }) {}
  ~Tricklers() {
    ending_ = true;
    thread_.join();
    for (const int socket : sockets_)
      ::close(socket);
  }
  Tricklers(const Tricklers&) = delete;
  Tricklers& operator=(const Tricklers&) = delete;
  [[nodiscard]] std::size_t connected() const { return connected_; }

 private:
  void run() {
    while (!ending_) {
      for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (::send(sockets_[i], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) connect(i);
      std::this_thread::sleep_for(5ms);
    }
  }
  void connect(std::size_t i) {
    ::close(sockets_[i]);
    sockets_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    ::inet_pton(AF_INET, from_[i % from_.size()], &place.sin_addr);
    ::bind(sockets_[i], reinterpret_cast<const sockaddr*>(&place), sizeof place);
    ::inet_pton(AF_INET, target_.ip.c_str(), &place.sin_addr);
    place.sin_port = htons(target_.port);
    ::connect(sockets_[i], reinterpret_cast<const sockaddr*>(&place), sizeof place);
    ++connected_;
  }

  ListenAddress target_;
  std::vector<const char*> from_;
  std::vector<int> sockets_;
  std::atomic<std::size_t> connected_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

void check_that_all_are_answered(const ListenAddress& address) {
  int answered = 0;
  for (int i = 0; i < 100; ++i)
    if (http_get(address, "/livez", 3s)) ++answered;
  CHECK(answered == 100);
}

}  // namespace

TEST_CASE("an address to listen on is an IP and a port", "[http]") {
  const auto v4 = ListenAddress::parse("127.0.0.1:9464");
  REQUIRE(v4);
  CHECK(v4->port == 9464);
  CHECK(v4->is_loopback());
  const auto v6 = ListenAddress::parse("[::1]:80");
  REQUIRE(v6);
  CHECK(v6->ip == "::1");
  CHECK(v6->is_loopback());
  CHECK_FALSE(ListenAddress::parse("0.0.0.0:1")->is_loopback());
  for (const char* const wrong : {"", "9464", ":9464", "localhost:9464", "127.0.0.1", "127.0.0.1:0",
                                  "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", "127.0.0.1:80x", "1.2.3:80"})
    CHECK_FALSE(ListenAddress::parse(wrong));
}

TEST_CASE("ready is said only when everything that requests need is there", "[http]") {
  CHECK(route(sources({}), get("/readyz")).status == 200);
  const auto not_ready = route(sources("no route to host"), get("/readyz"));
  CHECK(not_ready.status == 503);
  CHECK(not_ready.body == "not ready\n");
  CHECK(route(sources("no route to host"), get("/readyz", true)).body ==
        "[+] broker: ok\n[-] database: no route to host\nnot ready\n");
}

TEST_CASE("a database that is away does not make the process look dead", "[http]") {
  CHECK(route(sources("gone"), get("/livez")).status == 200);
  CHECK(route(sources({}, false), get("/livez")).status == 503);
  CHECK(route(sources("gone"), get("/metrics")).body == "latchkey_x 1\n");
  CHECK(route(sources({}), get("/other")).status == 404);
}

TEST_CASE("a server answers, and only GET and HEAD", "[http]") {
  const Server server(echo);
  const auto answer = http_get(server.address, "/a/b?c=d", 2s);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "/a/b");
  const auto posted = talk(server.address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(posted.starts_with("HTTP/1.1 405"));
}

TEST_CASE("an address that is taken is an error that names it", "[http]") {
  const Server server(echo);
  try {
    const latchkey::Descriptor second = listen_on(server.address);
    FAIL("it listens");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::address_in_use);
    CHECK(std::string_view(error.what()).contains(std::to_string(server.address.port)));
  }
}

TEST_CASE("a request larger than the limit is refused", "[http]") {
  const Server server(echo);
  const auto answer =
      talk(server.address, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 4"));
}

TEST_CASE("a handler that throws is an answer 500 and the server goes on", "[http]") {
  const Server server([](const HttpRequest& request) -> HttpResponse {
    if (request.path == "/bad") throw std::runtime_error("bad");
    return echo(request);
  });
  CHECK(http_get(server.address, "/bad", 2s)->status == 500);
  CHECK(http_get(server.address, "/good", 2s)->status == 200);
}

TEST_CASE("a client that never finishes its request is cut off, and others are served meanwhile", "[http]") {
  const Server server(echo, {.idle = 60s, .whole = 1s});
  const auto from = std::chrono::steady_clock::now();
  std::thread slow([&] { static_cast<void>(talk(server.address, "GET / HTTP/1.1\r\nHost:")); });
  CHECK(http_get(server.address, "/", 2s));
  slow.join();
  CHECK(std::chrono::steady_clock::now() - from < 10s);
}

TEST_CASE("those who never finish their requests keep nobody out", "[http]") {
  const Server server(echo);
  SECTION("from two addresses") {
    const Tricklers others(server.address, {"127.0.0.2", "127.0.0.3"}, 40);
    while (others.connected() < 40)
      std::this_thread::sleep_for(1ms);
    check_that_all_are_answered(server.address);
  }
  SECTION("from the address of who is served") {
    const Tricklers others(server.address, {"127.0.0.1"}, 40);
    while (others.connected() < 40)
      std::this_thread::sleep_for(1ms);
    check_that_all_are_answered(server.address);
  }
}

TEST_CASE("above the limit a new connection ends the oldest one of the client with the most", "[http]") {
  const Server server(echo, {.connections = 2, .idle = 60s, .whole = 60s});
  const std::array sockets{connected(server.address), connected(server.address), connected(server.address)};
  constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char byte = 0;
  CHECK(::recv(sockets[0], &byte, 1, 0) == 0);
  for (const int other : {sockets[1], sockets[2]})
    CHECK(::recv(other, &byte, 1, MSG_DONTWAIT) == -1);
  for (const int socket : sockets)
    ::close(socket);
}

TEST_CASE("nobody listening is a sentence", "[http]") {
  const auto answer = http_get({"127.0.0.1", free_port()}, "/", 2s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == "Connection refused");
}

TEST_CASE("every series is there from the start, and counting shows in it", "[metrics]") {
  Metrics metrics;
  CHECK(metrics.text().contains("latchkey_requests_total{code=\"unauthorized\",status=\"rejected\"} 0"));
  CHECK(metrics.text().contains("latchkey_devices{state=\"provisioning_requested\"} 0"));
  metrics.answered(latchkey::protocol::Status::rejected, "unauthorized", 3ms);
  metrics.answered(latchkey::protocol::Status::rejected, "no code of ours", 3ms);
  metrics.dropped(Dropped::bad_status);
  metrics.issued("x509");
  metrics.took(Stage::commit, 7ms);
  metrics.set_devices({{"ready", 5}, {"no state", 5}});
  const auto text = metrics.text();
  CHECK(text.contains("latchkey_requests_total{code=\"unauthorized\",status=\"rejected\"} 1"));
  CHECK(text.contains("latchkey_request_duration_seconds_count 2"));
  CHECK(text.contains("latchkey_messages_dropped_total{reason=\"bad_status\"} 1"));
  CHECK(text.contains("latchkey_credentials_issued_total{type=\"x509\"} 1"));
  CHECK(text.contains("latchkey_stage_duration_seconds_bucket{stage=\"commit\",le=\"0.01\"} 1"));
  CHECK(text.contains("latchkey_devices{state=\"ready\"} 5"));
  CHECK_FALSE(text.contains("no state"));
  metrics.set_devices({{"off", 1}});
  CHECK(metrics.text().contains("latchkey_devices{state=\"ready\"} 0"));
}

TEST_CASE("a scrape while devices are counted again sees no state without its devices", "[metrics]") {
  Metrics metrics;
  metrics.set_devices({{"ready", 5}});
  std::jthread counting([&](const std::stop_token& end) {
    while (!end.stop_requested())
      metrics.set_devices({{"ready", 5}});
  });
  for (int i = 0; i < 300; ++i)
    REQUIRE(metrics.text().contains("latchkey_devices{state=\"ready\"} 5"));
}

TEST_CASE("only who is at the same thing for too long is stuck", "[http]") {
  Activity activity;
  const auto later = Activity::Clock::now() + 1h;
  CHECK_FALSE(activity.stuck(1s, later));
  {
    const Activity::Scope scope(activity);
    CHECK(activity.stuck(1s, later));
    CHECK_FALSE(activity.stuck(2h, later));
  }
  CHECK_FALSE(activity.stuck(1s, later));
}
