#include "service/planning/forecast.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::service {
namespace {

constexpr double day_s = 86400;
constexpr double year_days = 365;
constexpr double us_per_s = 1e6;
// Rows that a device has after it became ready, and that each renewal adds: a state change is an event, and
// so is a renewal (docs/registry.md).
constexpr double events_of_a_registration = 3;
constexpr double events_of_a_renewal = 1;

/// The events of a fleet, with the connections that they need.
struct Events {
  Cost arrival;
  Cost connection;
  Cost renewal;
};

Events events_of(const Measured& measured, bool has_tls) {
  const Cost bootstrap{.broker_us = has_tls ? measured.tls_us : 0};
  const Cost connection{.broker_us = has_tls ? measured.mutual_tls_us : 0};
  return {.arrival = bootstrap + connection + measured.journey,
          .connection = connection + measured.reconnect,
          // The request goes over the connection that the device has.
          .renewal = measured.registration + connection + measured.first_connect};
}

Daily daily(std::string event, double number, const Cost& cost) {
  return {std::move(event), number, number * cost.all_us() / us_per_s / day_s};
}

Storm storm(std::string event, const Cost& cost, const Fleet& fleet) {
  const std::array<std::pair<double, const char*>, 3> parts = {
      {{cost.service_us, "service"}, {cost.database_us, "database"}, {cost.broker_us, "broker"}}};
  const auto& [most_us, limit] = *std::ranges::max_element(parts);
  return {.event = std::move(event),
          .shared_s = fleet.devices * cost.all_us() / us_per_s / fleet.processors,
          .spread_s = fleet.devices * most_us / us_per_s,
          .limit = limit,
          .most_per_s = us_per_s / most_us};
}

TableSize table(std::string name, double rows, double rows_a_year, double row_bytes) {
  return {std::move(name), rows, rows * row_bytes, rows_a_year, rows_a_year * row_bytes};
}

}  // namespace

Forecast forecast(const Measured& measured, const Fleet& fleet) {
  constexpr double renewed_after = 2.0 / 3;
  const double n = fleet.devices;
  const double renewals_a_day = n / (fleet.lifetime_days * renewed_after);
  const double renewals_a_year = renewals_a_day * year_days;
  const Events events = events_of(measured, fleet.has_tls);
  Forecast result;
  result.daily = {daily("renewals", renewals_a_day, events.renewal),
                  daily("connections", n * fleet.connections_a_day, events.connection)};
  result.storms = {storm("all come for the first time", events.arrival, fleet),
                   storm("all connect again", events.connection, fleet),
                   storm("all renew", events.renewal, fleet)};
  result.registry = {table("device", n, 0, measured.row.device),
                     table("presence", n, 0, measured.row.presence),
                     table("credential", n, renewals_a_year, measured.row.credential),
                     table("attempt", n, renewals_a_year, measured.row.attempt),
                     table("event", events_of_a_registration * n, events_of_a_renewal * renewals_a_year,
                           measured.row.event)};
  for (const TableSize& each : result.registry) {
    result.bytes += each.bytes;
    result.bytes_a_year += each.bytes_a_year;
  }
  result.wal_bytes_a_day = renewals_a_day * measured.wal_bytes;
  return result;
}

}  // namespace latchkey::service
