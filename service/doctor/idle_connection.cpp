#include "service/doctor/idle_connection.hpp"

#include "service/config/broker_login.hpp"
#include "service/doctor/broker_session.hpp"

namespace latchkey::service {
namespace {

constexpr std::string_view check = "keep_alive";
constexpr std::chrono::seconds margin{1};

std::string seconds_text(std::chrono::seconds time) {
  return std::to_string(time.count()) + " s";
}

mqtt::Options options_of(const Config& config, const crypto::Secret& password) {
  mqtt::Options options = broker_login(config, password);
  options.client_id = own_client_id();
  return options;
}

}  // namespace

IdleConnection::IdleConnection(const Config& config, const crypto::Secret& password)
    : IdleConnection(options_of(config, password)) {}

std::chrono::milliseconds IdleConnection::trial() const {
  const auto demanded = connection_.server_keep_alive().value_or(std::chrono::seconds(0));
  if (demanded.count() == 0 || demanded >= keep_alive_) return keep_alive_ + margin;
  return std::chrono::milliseconds(demanded) * 3 / 2 + margin;
}

std::string IdleConnection::demand() const {
  const auto demanded = connection_.server_keep_alive();
  if (!demanded || demanded->count() == 0) return "the broker demands no keep alive";
  return "the broker demands a keep alive of " + seconds_text(*demanded);
}

Finding IdleConnection::finding() {
  const auto began = connection_.await_begin();
  if (!began) {
    const std::string why = connection_.why();
    return skipped(check, "no second connection to the broker could be opened" +
                              (why.empty() ? std::string() : ": " + why));
  }
  const auto until = trial();
  const std::string told = demand() + ", the service's is " + seconds_text(keep_alive_);
  const auto ended = connection_.await_end(*began + until);
  if (!ended) return fine(check, told + ": an idle connection stands");
  const auto stood = std::chrono::round<std::chrono::seconds>(*ended - *began);
  return problem(
      check, "idle_connection_ended",
      told + ", and an idle connection ended after " + seconds_text(stood) + ": " + connection_.why(),
      "let idle connections stand for at least " + seconds_text(2 * keep_alive_) +
          " at the broker and at what is between it and this machine (load balancer, proxy, "
          "firewall)");
}

}  // namespace latchkey::service
