#include "registry/page.hpp"

#include "registry/rows.hpp"

namespace latchkey::registry {

std::string device_of(const protocol::DeviceId& id) {
  return R"({"device_id":")" + id.text() + "\"}";  // no character of an id needs an escape
}

// What a row of each function is.

FunnelDay funnel_day_of(const pqxx::row& row) {
  return {row["day"].c_str(),
          integer_or(row["requested"], 0),
          integer_or(row["registered"], 0),
          integer_or(row["connected"], 0),
          integer_or(row["ready"], 0),
          clock_of(row["counted_at"])};
}

ShownRejection rejection_of(const pqxx::row& row) {
  return {clock_of(row["at"]),      text_or(row["device_id"], ""), text_or(row["group_name"], ""),
          text_or(row["code"], ""), text_or(row["reason"], ""),    text_or(row["tracking_id"], "")};
}

ShownPending pending_of(const pqxx::row& row) {
  return {clock_of(row["at"]), text_or(row["device_id"], ""), text_or(row["group_name"], ""),
          text_or(row["attributes"], "{}")};
}

ShownExpiring expiring_of(const pqxx::row& row) {
  return {clock_of(row["at"]),      text_or(row["device_id"], ""), integer_or(row["generation"], 0),
          text_or(row["type"], ""), text_or(row["state"], ""),     is_true(row["online"])};
}

ShownDevice shown_device_of(const pqxx::row& row) {
  const auto time = [&](const char* column) {
    return row[column].is_null() ? std::nullopt : std::optional(clock_of(row[column]));
  };
  return {.state = text_or(row["state"], ""),
          .online = is_true(row["online"]),
          .generation = integer_or(row["generation"], 0),
          .group = text_or(row["group_name"], ""),
          .enrolled_by = text_or(row["enrolled_by"], ""),
          .attributes = text_or(row["attributes"], "{}"),
          .config_version = integer_or(row["config_version"], 0),
          .applied_config_version = integer_or(row["applied_config_version"], 0),
          .requested_at = time("requested_at"),
          .registered_at = time("registered_at"),
          .credentials_sent_at = time("credentials_sent_at"),
          .connected_at = time("connected_at"),
          .ready_at = time("ready_at"),
          .last_seen_at = time("last_seen_at"),
          .failed_at = time("failed_at"),
          .failure = text_or(row["failure"], ""),
          .acted_at = time("acted_at"),
          .actor = text_or(row["actor"], ""),
          .reason = text_or(row["reason"], "")};
}

ShownEvent event_of(const pqxx::row& row) {
  return {clock_of(row["at"]),      text_or(row["kind"], ""),   text_or(row["what"], ""),
          text_or(row["code"], ""), text_or(row["detail"], ""), text_or(row["actor"], "")};
}

}  // namespace latchkey::registry
