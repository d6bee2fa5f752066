#include "reason_case.hpp"

namespace latchkey::test {
namespace {

std::string said(protocol::StatusKind kind, std::int64_t generation_or_version,
                 std::string_view session = "session-1") {
  protocol::StatusMessage status;
  status.kind = kind;
  status.session = session;
  status.generation = status.config_version = generation_or_version;
  return protocol::encode_status(status);
}

/// `connected` of the first generation, signed under `key`.
std::string signed_for(const ReasonCase& c, std::string_view host, std::string_view key) {
  protocol::StatusMessage status;
  status.kind = protocol::StatusKind::connected;
  status.session = "session-1";
  status.generation = 1;
  protocol::Connection connection;
  connection.host = host;
  return protocol::sign_status(protocol::encode_signed_status(status, c.id, connection),
                               crypto::as_bytes(key), {});
}

}  // namespace

using registry::Reason;

// Nothing is looked up, or nothing is stored.
const MadeReasons& reasons_before_the_look_up() {
  static const MadeReasons made = {
      {Reason::too_many_failures,
       [](ReasonCase& c) {
         Steady::time_point from;
         do {  // the limit is one of a second: once more if that ended meanwhile
           from = Steady::now();
           for (int n = 0; n < 10; ++n)
             c.serving().limits.charge(id_of(c.id), from);
           c.serving().limits.spent(1s, from);
           c.ask(c.signed_by(device_key_no(0)));
         } while (std::chrono::floor<std::chrono::seconds>(from) !=
                  std::chrono::floor<std::chrono::seconds>(Steady::now()));
       }},
      {Reason::inbox_full, [](ReasonCase& c) { c.serving().request(c.id, {}, {}, true); }},
      {Reason::waited_too_long, [](ReasonCase& c) { c.serving().request(c.id, c.payload(), 11s); }},
      {Reason::registry_unavailable,
       [](ReasonCase& c) {
         c.running = std::make_unique<Serving>(
             registry::ConnectOptions{"postgresql://nobody@127.0.0.1:1/nothing", {}});
         c.ask_by_own_key();
       }},
      {Reason::row_locked,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.another_request();
         const auto operating = c.database.connect(Login::ops);
         pqxx::work looking(*operating);
         looking.exec("SELECT registry.suspend('" + c.id + "', 'a look')");
         c.ask_by_own_key();
       }},
  };
  return made;
}

// What stands alone at last, and is recorded.
const MadeReasons& reasons_of_rows() {
  static const MadeReasons made = {
      {Reason::row_refused,
       [](ReasonCase& c) {
         c.database.run("ALTER TABLE registry.device ADD CHECK (device_id <> '" + c.id + "')");
         c.registered_by_own_key();
       }},
      {Reason::row_too_slow,
       [](ReasonCase& c) {
         c.enroll_group_key();
         // Of the time before such patterns were refused.
         c.database.run("UPDATE registry.enrollment_group SET device_id_pattern = '" +
                        std::string(slow_pattern) + "' WHERE name = '" + c.id + "'");
         c.running = std::make_unique<Serving>(c.database.options(Login::service), Unusual{.patience = 1s});
         c.ask_in_group();
       }},
  };
  return made;
}

const MadeReasons& reasons_of_statuses() {
  static const MadeReasons made = {
      {Reason::malformed_status, [](ReasonCase& c) { c.serving().status(c.id, "{}"); }},
      {Reason::device_not_registered,
       [](ReasonCase& c) { c.serving().status(c.id, said(protocol::StatusKind::connected, 1)); }},
      {Reason::generation_not_live,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.serving().status(c.id, said(protocol::StatusKind::connected, 7));
       }},
      {Reason::connected_not_proven,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.serving().status(c.id, signed_for(c, "broker.example", group_key));
       }},
      {Reason::other_connection,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.serving().status(c.id, signed_for(c, "elsewhere.example", own_key));
       }},
      {Reason::session_not_open,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.serving().status(c.id, said(protocol::StatusKind::ready, 1));
       }},
      {Reason::late_status,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.serving().status(c.id, said(protocol::StatusKind::connected, 1, "session-2"));
         c.serving().status(c.id, said(protocol::StatusKind::connected, 1, "session-1"), 2s);
       }},
  };
  return made;
}

}  // namespace latchkey::test
