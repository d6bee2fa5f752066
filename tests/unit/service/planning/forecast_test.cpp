#include "service/planning/forecast.hpp"

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::service {
namespace {

nlohmann::json figures() {
  const auto cost = [](int service, int database, int broker) {
    return nlohmann::json{{"service", service}, {"database", database}, {"broker", broker}};
  };
  return {{"measured_on", "a machine"},
          {"cpu_us",
           {{"registration", cost(200, 150, 50)},
            {"first_connect", cost(60, 30, 10)},
            {"reconnect", cost(20, 40, 10)},
            {"journey", cost(300, 200, 100)}}},
          {"row_bytes",
           {{"device", 1000}, {"presence", 200}, {"credential", 2000}, {"attempt", 400}, {"event", 300}}},
          {"tls_us", {{"server", 1000}, {"mutual", 1500}}},
          {"wal_bytes_per_device", 5000}};
}

bool near(double left, double right) {
  return std::abs(left / right - 1) < 1e-9;
}

Forecast forecast_of(const Fleet& fleet) {
  const auto measured = read_measured(figures().dump());
  REQUIRE(measured);
  return forecast(*measured, fleet);
}

constexpr Fleet a_million{
    .devices = 1e6, .lifetime_days = 90, .connections_a_day = 4, .processors = 2, .has_tls = false};

}  // namespace

TEST_CASE("A day has the renewals after two thirds of the lifetime, and the connections", "[planning]") {
  const auto result = forecast_of(a_million);
  REQUIRE(result.daily.size() == 2);
  CHECK(near(result.daily[0].number, 1e6 / 60));
  // 500 us of a registration and of the first connection
  CHECK(near(result.daily[0].processors, 1e6 / 60 * 500e-6 / 86400));
  CHECK(near(result.daily[1].number, 4e6));
}

TEST_CASE("What all devices do at once takes the processors' time, or that of the slowest part",
          "[planning]") {
  const auto result = forecast_of(a_million);
  REQUIRE(result.storms.size() == 3);
  CHECK(near(result.storms[0].shared_s, 300));
  CHECK(near(result.storms[0].spread_s, 300));
  CHECK(result.storms[0].limit == "service");
  CHECK(near(result.storms[1].shared_s, 35));
  CHECK(near(result.storms[1].spread_s, 40));
  CHECK(result.storms[1].limit == "database");
  CHECK(near(result.storms[1].most_per_s, 25000));
}

TEST_CASE("The broker has a TLS handshake for each connection", "[planning]") {
  Fleet fleet = a_million;
  fleet.has_tls = true;
  const auto result = forecast_of(fleet);
  CHECK(
      near(result.storms[0].spread_s, 100 + 1000 + 1500));  // by the bootstrap login, then by the certificate
  CHECK(near(result.storms[1].spread_s, 10 + 1500));
  CHECK(near(result.storms[2].spread_s, 60 + 1500));
  CHECK(result.storms[1].limit == "broker");
}

TEST_CASE("The registry grows by the rows of renewals", "[planning]") {
  const auto result = forecast_of(a_million);
  REQUIRE(result.registry.size() == 5);
  CHECK(near(result.bytes, 1e6 * (1000 + 200 + 2000 + 400 + 3 * 300)));
  CHECK(near(result.bytes_a_year, 1e6 / 60 * 365 * (2000 + 400 + 300)));
  CHECK(near(result.wal_bytes_a_day, 1e6 / 60 * 5000));
}

TEST_CASE("A figure that is missing or no number above 0 is named", "[planning]") {
  for (const auto& [path, value] :
       std::vector<std::pair<const char*, nlohmann::json>>{{"/cpu_us/reconnect/broker", nullptr},
                                                           {"/row_bytes/event", 0},
                                                           {"/wal_bytes_per_device", "5000"}}) {
    auto changed = figures();
    changed[nlohmann::json::json_pointer(path)] = value;
    auto name = std::string(path).substr(1);
    std::ranges::replace(name, '/', '.');
    const auto read = read_measured(changed.dump());
    REQUIRE_FALSE(read);
    CHECK(read.error() == "no number above 0: " + name);
  }
  auto without = figures();
  without.erase("cpu_us");
  CHECK(read_measured(without.dump()).error() == "no number above 0: cpu_us.registration.service");
  without = figures();
  without["cpu_us"] = 5;
  CHECK(read_measured(without.dump()).error() == "no number above 0: cpu_us.registration.service");
  CHECK(read_measured("[]").error() == "no JSON object");
}

TEST_CASE("The recorded figures have what a forecast needs", "[planning]") {
  CHECK(read_measured(recorded_figures()));
}

}  // namespace latchkey::service
