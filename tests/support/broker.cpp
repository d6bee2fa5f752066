#include "support/broker.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace latchkey::test {
namespace {

constexpr const char* unprivileged = "nobody";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool known = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!known) throw std::runtime_error("There is no free port on 127.0.0.1.");
  return ntohs(address.sin_port);
}

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "broker-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("No temporary folder can be made.");
  return name;
}

/// When started by root, Mosquitto switches to another user, who must be able to read the folder.
void give_away(const std::filesystem::path& path) {
  const passwd* const user = ::getpwnam(unprivileged);
  if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("The user nobody cannot be given " + path.string() + ".");
  }
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs in the child: only async-signal-safe calls.
[[noreturn]] void run_mosquitto(const char* configuration, const char* log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the broker ends with a test that crashes
  const int output = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execlp("mosquitto", "mosquitto", "-c", configuration, nullptr);
  ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", configuration, nullptr);
  ::_exit(127);
}

}  // namespace

int connect_tcp(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

Broker::Broker(const std::string& more) : folder_(make_folder()), port_(free_port()) {
  std::ofstream configuration(folder_ / "mosquitto.conf");
  configuration << "listener " << port_ << " 127.0.0.1\nset_tcp_nodelay true\nmax_inflight_messages 0\n"
                << "max_queued_messages 0\nlog_type all\n";
  if (::geteuid() == 0) {
    configuration << "user " << unprivileged << "\n";
    give_away(folder_);
  }
  configuration << more;
  configuration.close();
  start();
}

Broker::~Broker() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Broker::start() {
  const std::string configuration = folder_ / "mosquitto.conf";
  const std::string log = folder_ / "mosquitto.log";
  process_ = ::fork();
  if (process_ == 0) run_mosquitto(configuration.c_str(), log.c_str());
  while (!accepts_connections()) {
    if (process_ < 0 || ::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = -1;
      throw std::runtime_error("Mosquitto did not start: " + content(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Broker::stop() {
  end(SIGTERM);
}
void Broker::kill() {
  end(SIGKILL);
}

void Broker::restart() {
  kill();
  start();
}

void Broker::pause() {
  ::kill(process_, SIGSTOP);
}
void Broker::resume() {
  ::kill(process_, SIGCONT);
}

void Broker::end(int signal) {
  if (process_ < 0) return;
  ::kill(process_, signal);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

bool Broker::accepts_connections() const {
  const int socket = connect_tcp(port_);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

}  // namespace latchkey::test
