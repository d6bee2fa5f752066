#include "device/diagnosis.hpp"

#include "mqtt/probe.hpp"

namespace latchkey::device {
namespace {

constexpr std::chrono::seconds limit{2};
// Limits the additional connections of a fleet whose broker is unreachable.
constexpr std::chrono::seconds pause{30};

std::string about(const std::string& what, std::string_view place) {
  return what + ": check " + std::string(place);
}

}  // namespace

std::optional<std::string> Diagnosis::of(const std::string& url, const std::string& ca_file,
                                         std::string_view reason) {
  if (mqtt::refuses_login(reason))
    return about("the broker refuses the login, " + std::string(reason), places_.login);
  const auto now = Clock::now();
  if (diagnosed_at_ && now - *diagnosed_at_ < pause) return std::nullopt;
  diagnosed_at_ = now;
  return diagnose(url, ca_file, reason);
}

std::string Diagnosis::diagnose(const std::string& url, const std::string& ca_file,
                                std::string_view reason) const {
  using Kind = mqtt::ProbeError::Kind;
  const auto endpoint = mqtt::Endpoint::parse(url);
  if (!endpoint) return endpoint.error();
  const auto seen = mqtt::probe_broker(*endpoint, ca_file, limit);
  if (seen) return std::string(reason);
  const auto& [kind, what] = seen.error();
  switch (kind) {
    case Kind::unreachable:
      return about(url + " cannot be reached, " + what, places_.url);
    case Kind::no_tls:
    case Kind::other_name:
      return about(url + ": " + what, places_.url);
    case Kind::unknown_issuer:
      return about(url + ": " + what, places_.ca);
    case Kind::dates:
      return about(url + ": " + what, "this machine's clock");
    case Kind::certificate:
      break;
  }
  return url + ": " + what;
}

}  // namespace latchkey::device
