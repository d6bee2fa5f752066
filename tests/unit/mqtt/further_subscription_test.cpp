#include "mqtt/link.hpp"
#include "support/catch.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace latchkey;

namespace {

using namespace std::chrono_literals;

/// Answers CONNECT, PINGREQ and the first SUBSCRIBE of each connection, and no later one: no real broker
/// can be made to do this.
class ForgetfulBroker {
 public:
  ForgetfulBroker() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(::listen(listening_, 4) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~ForgetfulBroker() {
    thread_.request_stop();
    thread_.join();
    ::close(listening_);
  }
  ForgetfulBroker(const ForgetfulBroker&) = delete;
  ForgetfulBroker& operator=(const ForgetfulBroker&) = delete;
  [[nodiscard]] std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

 private:
  static bool is_readable(int socket) {
    pollfd one{socket, POLLIN, 0};
    return ::poll(&one, 1, 50) > 0;
  }
  void serve(const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
      if (!is_readable(listening_)) continue;
      const int client = ::accept(listening_, nullptr, nullptr);
      bool has_subscribed = false;
      while (!stop.stop_requested())
        if (is_readable(client) && !answer_one(client, has_subscribed)) break;
      ::close(client);
    }
  }
  /// Every packet of this test is shorter than 128 bytes, so its length is one byte.
  static bool answer_one(int client, bool& has_subscribed) {
    std::array<unsigned char, 2> head{};
    std::array<unsigned char, 128> body{};
    if (::recv(client, head.data(), head.size(), MSG_WAITALL) != 2) return false;
    if (head[1] > 0 && ::recv(client, body.data(), head[1], MSG_WAITALL) != head[1]) return false;
    std::string reply;
    if (head[0] == 0x10) reply = std::string("\x20\x02\0\0", 4);
    if (head[0] == 0xc0) reply = std::string("\xd0\0", 2);
    if (head[0] == 0x82 && !std::exchange(has_subscribed, true))
      reply = std::string("\x90\x03", 2) + static_cast<char>(body[0]) + static_cast<char>(body[1]) + '\x01';
    return ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
  }

  int listening_;
  int port_ = 0;
  std::jthread thread_;
};

/// What a link said last.
struct Heard {
  std::string take(std::chrono::seconds limit) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, limit, [this] { return !said.empty(); });
    return std::exchange(said, {});
  }
  void say(std::string_view what) {
    const std::scoped_lock lock(mutex);
    said = what;
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::string said;
};

}  // namespace

TEST_CASE("a connection whose broker does not acknowledge a further subscription is made anew", "[link]") {
  const ForgetfulBroker broker;
  Heard heard;
  mqtt::Options options;
  options.url = broker.url();
  options.client_id = "subscriber";
  options.version = mqtt::Version::v3_1_1;
  options.subscriptions = {"first"};
  mqtt::Handlers handlers;
  handlers.ready = [&] { heard.say("ready"); };
  handlers.lost = [&](std::string_view reason) { heard.say(reason); };
  const auto link = mqtt::Link::open(std::move(options), std::move(handlers)).value();
  REQUIRE(heard.take(10s) == "ready");
  link->subscribe({"second"});
  CHECK(heard.take(12s).ends_with(": a further subscription is not acknowledged within 5 s"));
  CHECK(heard.take(10s) == "ready");
}
