#include "mqtt/probe.hpp"
#include "service/doctor/broker_session.hpp"
#include "service/doctor/doctor.hpp"
#include "service/observability/timestamp.hpp"

#include <optional>

namespace latchkey::service {
namespace {

using mqtt::ProbeError;

constexpr std::chrono::seconds limit{5};

Finding broker_problem(const ProbeError& trouble, const Config& config, const std::string& host) {
  switch (trouble.kind) {
    case ProbeError::Kind::unreachable:
      return problem("broker", "broker_unreachable", config.mqtt.url + ": " + trouble.what,
                     "start the broker, or correct host and port in mqtt.url; check firewalls between this "
                     "machine and the broker");
    case ProbeError::Kind::no_tls:
      return problem(
          "tls", "no_tls", trouble.what,
          "name the port of a TLS listener in mqtt.url; for a listener without TLS, write mqtt://");
    case ProbeError::Kind::unknown_issuer:
      return problem("tls", "wrong_ca", trouble.what,
                     "put the CA that issued the broker's certificate into mqtt.ca_file, or give the broker "
                     "a certificate of the CA in mqtt.ca_file");
    case ProbeError::Kind::other_name:
      return problem("tls", "wrong_host_name", trouble.what,
                     "use one of these names in mqtt.url, or give the broker a certificate for " + host);
    case ProbeError::Kind::dates:
      return problem("tls", "broker_certificate_time", trouble.what,
                     "renew the certificate; if its dates are right, check this machine's clock");
    case ProbeError::Kind::certificate:
      break;
  }
  return problem("tls", "broker_certificate", trouble.what, "give the broker another certificate");
}

Findings tls_findings(const std::optional<crypto::TlsServer>& server, const std::string& host) {
  if (!server) return {skipped("tls", "mqtt.url does not use TLS")};
  const auto now = current_time();
  auto found = ends_soon("tls", "broker_certificate_ends", "the broker's certificate", server->certificate,
                         now, "renew it at the broker; devices trust its CA and do not change");
  if (found.empty()) found.push_back(fine("tls", "the broker's certificate is trusted and is for " + host));
  return found;
}

}  // namespace

Findings examine_broker(const Config& config, const crypto::Secret& password,
                        const crypto::Secret& access_password, bool is_well) {
  const auto endpoint = mqtt::Endpoint::parse(config.mqtt.url);
  if (!endpoint) return {problem("broker", "broker_url", endpoint.error(), "correct mqtt.url")};
  Findings found;
  const bool steers = config.broker_access.steers();
  const auto skip_from = [&](std::initializer_list<std::string_view> checks, const char* because) {
    for (const auto check : checks)
      found.push_back(skipped(check, because));
    if (steers) found.push_back(skipped("broker_access", because));
    if (config.broker_access.takes_over()) found.push_back(skipped("session_cut", because));
    return found;
  };
  const auto server = mqtt::probe_broker(*endpoint, config.mqtt.ca_file, limit);
  const bool reached = server || server.error().kind != ProbeError::Kind::unreachable;
  if (reached) found.push_back(fine("broker", config.mqtt.url + " can be reached"));
  if (!server) {
    found.push_back(broker_problem(server.error(), config, endpoint->host));
    if (!reached)
      return skip_from({"tls", "login", "rights", "shared", "in_flight", "size", "keep_alive"},
                       "the broker cannot be reached");
    return skip_from({"login", "rights", "shared", "in_flight", "size", "keep_alive"},
                     "the broker is not trusted");
  }
  const Findings tls = tls_findings(*server, endpoint->host);
  found.insert(found.end(), tls.begin(), tls.end());
  const Findings session = examine_session(config, password, is_well && !has_problem(found));
  found.insert(found.end(), session.begin(), session.end());
  if (steers) found.push_back(examine_access(config, access_password));
  if (config.broker_access.takes_over()) found.push_back(examine_cut(config, password));
  return found;
}

}  // namespace latchkey::service
