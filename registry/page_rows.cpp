#include "registry/rows.hpp"

namespace latchkey::registry {

std::string device_of(const protocol::DeviceId& id) {
  return R"({"device_id":")" + id.text() + "\"}";  // no character of an id needs an escape
}

// Converts a row of each function into a value.

namespace {

std::optional<Clock> time_or_nothing(const Row& row, const Column& column) {
  return row[column].is_null() ? std::nullopt : std::optional(clock_of(row[column]));
}

}  // namespace

FunnelDay funnel_day_of(const Row& row) {
  return {row[column::day].c_str(),
          integer_or(row[column::requested], 0),
          integer_or(row[column::registered], 0),
          integer_or(row[column::connected], 0),
          integer_or(row[column::ready], 0),
          clock_of(row[column::counted_at])};
}

ShownRejection rejection_of(const Row& row) {
  return {clock_of(row[column::at]),
          text_or(row[column::device_id], ""),
          text_or(row[column::group_name], ""),
          text_or(row[column::code], ""),
          text_or(row[column::reason], ""),
          text_or(row[column::tracking_id_text], "")};
}

ShownPending pending_of(const Row& row) {
  return {clock_of(row[column::at]), text_or(row[column::device_id], ""),
          text_or(row[column::group_name], ""), text_or(row[column::attributes], "{}")};
}

ShownExpiring expiring_of(const Row& row) {
  return {clock_of(row[column::at]),
          text_or(row[column::device_id], ""),
          integer_or(row[column::generation], 0),
          text_or(row[column::type], ""),
          text_or(row[column::state], ""),
          is_true(row[column::online])};
}

ShownDevice shown_device_of(const Row& row) {
  const auto time = [&](const Column& column) { return time_or_nothing(row, column); };
  return {.state = text_or(row[column::state], ""),
          .online = is_true(row[column::online]),
          .generation = integer_or(row[column::generation], 0),
          .group = text_or(row[column::group_name], ""),
          .enrolled_by = text_or(row[column::enrolled_by], ""),
          .attributes = text_or(row[column::attributes], "{}"),
          .reported = text_or(row[column::reported], "{}"),
          .publish = text_or(row[column::publish], ""),
          .subscribe = text_or(row[column::subscribe], ""),
          .rights_source = text_or(row[column::rights_source], ""),
          .labels = text_or(row[column::labels], "{}"),
          .config_version = integer_or(row[column::config_version], 0),
          .applied_config_version = integer_or(row[column::applied_config_version], 0),
          .requested_at = time(column::requested_at),
          .registered_at = time(column::registered_at),
          .credentials_sent_at = time(column::credentials_sent_at),
          .connected_at = time(column::connected_at),
          .ready_at = time(column::ready_at),
          .last_seen_at = time(column::last_seen_at),
          .failed_at = time(column::failed_at),
          .failure = text_or(row[column::failure], ""),
          .acted_at = time(column::acted_at),
          .actor = text_or(row[column::actor], ""),
          .reason = text_or(row[column::reason], "")};
}

ShownEvent event_of(const Row& row) {
  return {clock_of(row[column::at]),      text_or(row[column::kind], ""),   text_or(row[column::what], ""),
          text_or(row[column::code], ""), text_or(row[column::detail], ""), text_or(row[column::actor], "")};
}

ShownCredential shown_credential_of(const Row& row) {
  return {integer_or(row[column::generation], 0), text_or(row[column::type], ""),
          text_or(row[column::what], ""), time_or_nothing(row, column::at), text_or(row[column::detail], "")};
}

ShownTodo todo_of(const Row& row) {
  return {clock_of(row[column::at]), text_or(row[column::kind], ""), text_or(row[column::what], ""),
          text_or(row[column::detail], "")};
}

ShownClone clone_of(const Row& row) {
  return {clock_of(row[column::at]), text_or(row[column::device_id], ""), text_or(row[column::state], ""),
          text_or(row[column::what], ""), text_or(row[column::detail], "")};
}

ShownStuck stuck_of(const Row& row) {
  return {clock_of(row[column::at]), text_or(row[column::device_id], ""), text_or(row[column::state], ""),
          text_or(row[column::what], ""), text_or(row[column::detail], "")};
}

ShownReplicas replicas_of(const Row& row) {
  return {text_or(row[column::service_version], ""), integer_or(row[column::replicas], 0)};
}

ListedDevice listed_device_of(const Row& row) {
  return {
      .device_id = text_or(row[column::device_id], ""),
      .state = text_or(row[column::state], ""),
      .online = row[column::online].is_null() ? std::nullopt : std::optional(is_true(row[column::online])),
      .group = text_or(row[column::group_name], ""),
      .last_seen_at = time_or_nothing(row, column::at),
      .labels = text_or(row[column::labels], "{}")};
}

}  // namespace latchkey::registry
