#include "service/config/broker_login.hpp"
#include "service/doctor/broker_session.hpp"
#include "service/doctor/watched_connection.hpp"

namespace latchkey::service {
namespace {

constexpr std::string_view check = "session_cut";
constexpr std::chrono::seconds end_limit{3};

}  // namespace

Finding examine_cut(const Config& config, const crypto::Secret& password) {
  const std::string client_id = own_client_id();
  const auto options = [&] {
    mqtt::Options made = broker_login(config, password);
    made.client_id = client_id;
    return made;
  };
  WatchedConnection older(options());
  if (!older.await_begin()) {
    const std::string why = older.why();
    return skipped(check, "there is no connection to the broker: " +
                              (why.empty() ? std::string("no answer within the time limit") : why));
  }
  const WatchedConnection newer(options());
  // Each comes back when the other has ended it, so the older one is seen to end either way.
  if (older.await_end(WatchedConnection::Clock::now() + end_limit))
    return fine(check, "a connection ends when another one has its client id");
  return problem(check, "cut_without_effect",
                 "the broker does not end a connection when another one has its client id, so sessions of "
                 "blocked devices go on",
                 "remove broker_access.cut, or let clients of the account \"" + config.mqtt.username +
                     "\" choose their client ids at the broker");
}

}  // namespace latchkey::service
