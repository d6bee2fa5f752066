#include "registry/listener.hpp"

#include "base/descriptor.hpp"
#include "registry/session.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace latchkey::registry {
namespace {

constexpr std::chrono::milliseconds retry_pause{500};
// Without a connection the caller must poll, so a connection that does not answer must not delay it.
constexpr std::chrono::seconds listen_limit{2};
constexpr std::chrono::seconds leave_limit{1};

void collect(std::vector<std::string>& topics, std::string topic) {
  if (std::ranges::find(topics, topic) == topics.end()) topics.push_back(std::move(topic));
}

/// Collects the topics of notifications. libpqxx calls it while it reads from the connection.
#if PQXX_VERSION_MAJOR >= 7
class Ear {
 public:
  Ear(pqxx::connection& connection, std::vector<std::string>& topics) {
    connection.listen("latchkey", [&topics](const pqxx::notification& heard) {
      collect(topics, std::string(heard.payload));
    });
  }
};
#else
class Ear : public pqxx::notification_receiver {
 public:
  Ear(pqxx::connection& connection, std::vector<std::string>& topics)
      : pqxx::notification_receiver(connection, "latchkey"), topics_(topics) {}

  void operator()(const std::string& topic, int /*backend_pid*/) override { collect(topics_, topic); }

 private:
  std::vector<std::string>& topics_;
};
#endif

}  // namespace

struct Listener::Impl {
 public:
  explicit Impl(ConnectOptions given) : options(std::move(given)), interruption(::eventfd(0, EFD_CLOEXEC)) {
    if (!interruption.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  ~Impl() { disconnect(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void connect();
  void disconnect() noexcept;
  void pause(int socket, std::chrono::milliseconds limit) const;

  ConnectOptions options;
  Deadline deadline;
  Descriptor interruption;
  std::vector<std::string> topics;
  std::unique_ptr<pqxx::connection> connection;
  std::unique_ptr<Ear> ear;  // declared after the connection, since its destructor uses it
};

void Listener::Impl::connect() {
  if (deadline.has_expired()) throw std::runtime_error("interrupted");
  connection = open_connection(options);
  const Deadline::Watch watch(deadline, connection->sock(), listen_limit);
  try {
    // A listening session is idle for long.
    pqxx::nontransaction(*connection).exec("SET idle_session_timeout = 0");
    ear = std::make_unique<Ear>(*connection, topics);
  } catch (const std::exception&) {
    if (!watch.passed()) throw;
  }
  // libpqxx 6 does not report a connection that ended during LISTEN.
  if (watch.passed()) throw std::runtime_error(no_answer(listen_limit));
}

/// libpqxx 6 sends UNLISTEN when the receiver is destroyed, and waits for the answer.
void Listener::Impl::disconnect() noexcept {
  if (connection != nullptr) {
    const Deadline::Watch watch(deadline, connection->sock(), leave_limit);
    ear.reset();
  }
  connection.reset();
}

/// Waits until the socket is readable, `interrupt` is called or `limit` passes; -1: no socket.
void Listener::Impl::pause(int socket, std::chrono::milliseconds limit) const {
  std::array<pollfd, 2> waiting = {{{interruption.number(), POLLIN, 0}, {socket, POLLIN, 0}}};
  ::poll(waiting.data(), waiting.size(), static_cast<int>(limit.count()));
}

Listener::Listener(ConnectOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Listener::~Listener() = default;

Result<Listener::Heard> Listener::wait(std::chrono::milliseconds limit) {
  Heard heard;
  if (impl_->options.yields()) impl_->disconnect();
  try {
    if (impl_->connection == nullptr) {
      impl_->connect();
      heard.connected = true;
    } else {
      impl_->pause(impl_->connection->sock(), limit);
    }
    impl_->connection->get_notifs();
    if (!impl_->connection->is_open()) throw std::runtime_error("the connection ended");
    heard.topics.swap(impl_->topics);
    return heard;
  } catch (...) {
    Error error{Failure::unavailable, classify_current_exception(false).what};
    if (impl_->connection != nullptr)
      error.what = in_the_servers_words(*impl_->connection, std::move(error.what));
    impl_->disconnect();
    impl_->pause(-1, retry_pause);
    return std::unexpected(std::move(error));
  }
}

void Listener::interrupt() noexcept {
  impl_->deadline.expire();
  ::eventfd_write(impl_->interruption.number(), 1);
}

}  // namespace latchkey::registry
