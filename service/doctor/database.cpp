#include "base/words.hpp"
#include "registry/condition.hpp"
#include "service/doctor/doctor.hpp"

#include <cstdlib>

namespace latchkey::service {
namespace {

using registry::Clock;
using registry::Condition;

// A synchronized clock is off by milliseconds; above this it is not synchronized.
constexpr std::chrono::seconds tolerated{10};

Clock local_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

Finding unreachable(const std::string& error) {
  const auto says = [&](std::string_view words) { return error.find(words) != std::string::npos; };
  const std::string what(first_line(error));
  if (says("password") || says("authentication") || says("pg_hba") || says("role \""))
    return problem("database", "database_login", what,
                   "check the user in database.url and database.password_file; the login needs the attribute "
                   "LOGIN and a "
                   "line in pg_hba.conf");
  if (says("does not exist"))
    return problem("database", "database_missing", what,
                   "name the right database in database.url, or create it and run `latchkey db migrate`");
  return problem("database", "database_down", what,
                 "start PostgreSQL, or correct host and port in database.url; check firewalls between this "
                 "machine and the database");
}

Finding schema_finding(const Condition& seen) {
  if (seen.schema < seen.needed)
    return problem("schema", "schema_old",
                   seen.schema.empty()
                       ? "the database has no schema yet"
                       : "the schema is at " + seen.schema + ", this program needs " + seen.needed,
                   "run `latchkey db migrate` with the owner's login; services may run meanwhile");
  if (!seen.may_serve)
    return problem("schema", "database_rights", "the login may not call the service's functions",
                   "as the owner: GRANT latchkey_service TO the user in database.url");
  if (seen.read_only)
    return problem("schema", "database_read_only", "the database is read-only",
                   "name the primary in database.url, for example with target_session_attrs=read-write");
  return fine("schema", "version " + seen.schema + ", and the login has the rights it needs");
}

/// `before` and `after` are this machine's times around the database's.
Finding clock_finding(Clock database, Clock before, Clock after) {
  const auto off = database < before  ? before - database
                   : database > after ? database - after
                                      : std::chrono::microseconds(0);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(off).count();
  if (off <= tolerated) return fine("clock", "the clocks of this machine and the database agree");
  return problem(
      "clock", "clock_off",
      "this machine's clock is " + std::to_string(seconds) + " s " +
          (database < before ? "ahead of" : "behind") + " the database's",
      "run NTP (chrony, systemd-timesyncd) on both. Latchkey dates requests and certificates by the "
      "database's clock; it checks TLS and its own certificates by this machine's clock");
}

Finding client_id_finding(const Condition& seen) {
  const auto shared = registry::shared_client_ids(seen.sessions);
  if (shared.empty()) return fine("client_id", "every service has its own client id");
  return problem(
      "client_id", "client_id_shared",
      "several services use the client id " + joined(shared, ", ") + " and end each other's connections",
      "give every replica its own mqtt.client_id, or remove the option: then each gets a random one");
}

}  // namespace

Findings examine_database(const Config& config, const crypto::Secret& password) {
  const auto before = local_now();
  const auto seen = registry::read_condition({config.database.url, password.clone(), "latchkey doctor"});
  const auto after = local_now();
  constexpr const char* because = "there is no connection to the database";
  if (!seen)
    return {unreachable(seen.error()), skipped("schema", because), skipped("clock", because),
            skipped("client_id", because)};
  return {fine("database", "answers"), schema_finding(*seen), clock_finding(seen->now, before, after),
          client_id_finding(*seen)};
}

}  // namespace latchkey::service
