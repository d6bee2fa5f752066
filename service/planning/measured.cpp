#include "service/planning/measured.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace latchkey::service {
namespace {

/// Reads numbers, and keeps the name of the first one that is missing.
class Figures {
 public:
  explicit Figures(const nlohmann::json& object) : object_(object) {}

  double number(const std::string& name) {
    const nlohmann::json* at = &object_;
    for (std::size_t begin = 0; begin <= name.size();) {
      const auto end = std::min(name.find('.', begin), name.size());
      const auto member = at->find(name.substr(begin, end - begin));
      if (member == at->end()) return missing(name);
      at = &*member;
      begin = end + 1;
    }
    const double value = at->is_number() ? at->get<double>() : 0;
    return std::isfinite(value) && value > 0 ? value : missing(name);
  }
  Cost cost(const std::string& event) {
    return {number(event + ".service"), number(event + ".database"), number(event + ".broker")};
  }
  [[nodiscard]] const std::string& first_missing() const { return missing_; }

 private:
  double missing(const std::string& name) {
    if (missing_.empty()) missing_ = name;
    return 0;
  }

  const nlohmann::json& object_;
  std::string missing_;
};

}  // namespace

Cost operator+(const Cost& left, const Cost& right) {
  return {left.service_us + right.service_us, left.database_us + right.database_us,
          left.broker_us + right.broker_us};
}

std::expected<Measured, std::string> read_measured(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return std::unexpected("no JSON object");
  Figures figures(object);
  Measured measured;
  if (const auto on = object.find("measured_on"); on != object.end() && on->is_string())
    measured.on = on->get<std::string>();
  measured.registration = figures.cost("cpu_us.registration");
  measured.first_connect = figures.cost("cpu_us.first_connect");
  measured.reconnect = figures.cost("cpu_us.reconnect");
  measured.journey = figures.cost("cpu_us.journey");
  measured.tls_us = figures.number("tls_us.server");
  measured.mutual_tls_us = figures.number("tls_us.mutual");
  measured.row = {.device = figures.number("row_bytes.device"),
                  .presence = figures.number("row_bytes.presence"),
                  .credential = figures.number("row_bytes.credential"),
                  .attempt = figures.number("row_bytes.attempt"),
                  .event = figures.number("row_bytes.event")};
  measured.wal_bytes = figures.number("wal_bytes_per_device");
  if (!figures.first_missing().empty())
    return std::unexpected("no number above 0: " + figures.first_missing());
  return measured;
}

}  // namespace latchkey::service
