#include "crypto/tls_server.hpp"
#include "mqtt/endpoint.hpp"
#include "service/doctor/broker_session.hpp"
#include "service/doctor/doctor.hpp"
#include "service/doctor/reach.hpp"
#include "service/observability/timestamp.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

using crypto::TlsServer;

constexpr std::chrono::seconds limit{5};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "no name at all" : text;
}

Finding untrusted(const TlsServer& server, const mqtt::Endpoint& endpoint, const Config& config) {
  const std::string name = "\"" + server.certificate.common_name() + "\"";
  switch (server.verdict) {
    case TlsServer::Verdict::unknown_issuer:
      return problem("tls", "wrong_ca",
                     "the broker's certificate " + name + " is not from " + config.mqtt.ca_file + " (" +
                         server.why + ")",
                     "put the CA that issued the broker's certificate into mqtt.ca_file, or give the broker "
                     "one of that CA");
    case TlsServer::Verdict::other_name:
      return problem(
          "tls", "wrong_host_name",
          "the broker's certificate is for " + listed(server.names) + ", not for " + endpoint.host,
          "use one of these names in mqtt.url, or give the broker a certificate for " + endpoint.host);
    case TlsServer::Verdict::expired:
    case TlsServer::Verdict::not_valid_yet:
      return problem("tls", "broker_certificate_time", "the broker's certificate " + name + ": " + server.why,
                     "renew it; if it is not from yesterday, look at this machine's clock");
    default:
      return problem("tls", "broker_certificate", "the broker's certificate " + name + ": " + server.why,
                     "give the broker another certificate");
  }
}

Findings examine_tls(int socket, const mqtt::Endpoint& endpoint, const Config& config) {
  const auto server = crypto::look_at_tls_server(socket, endpoint.host, config.mqtt.ca_file);
  if (!server)
    return {problem("tls", "no_tls", "the broker does not answer by TLS: " + server.error().what,
                    "is this the port of a TLS listener? mqtt:// is for one without TLS")};
  if (server->verdict != TlsServer::Verdict::trusted) return {untrusted(*server, endpoint, config)};
  const auto now = current_time();
  auto ending = ends_soon("tls", "broker_certificate_ends", "the broker's certificate", server->certificate,
                          now, "renew it at the broker: devices trust its CA, so they need nothing new");
  if (ending.empty())
    ending.push_back(fine("tls", "the broker's certificate is trusted, and for " + endpoint.host));
  return ending;
}

/// Those whose codes end so are none for now.
bool has_problem_but(std::string_view code_end, const Findings& findings) {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.result == Finding::Result::problem && !finding.code.ends_with(code_end);
  });
}

}  // namespace

Findings examine_broker(const Config& config, const crypto::Secret& password,
                        const crypto::Secret& access_password) {
  const auto endpoint = mqtt::Endpoint::parse(config.mqtt.url);
  if (!endpoint) return {problem("broker", "broker_url", endpoint.error(), "correct mqtt.url")};
  Findings found;
  const bool steers = config.broker_access.mode == "dynamic-security";
  const auto skip_from = [&](std::initializer_list<std::string_view> checks, const char* because) {
    for (const auto check : checks)
      found.push_back(skipped(check, because));
    if (steers) found.push_back(skipped("broker_access", because));
    return found;
  };
  const auto reached = Reached::open(endpoint->host, endpoint->port, limit);
  if (!reached) {
    found.push_back(
        problem("broker", "broker_unreachable", config.mqtt.url + ": " + reached.error(),
                "start the broker, or correct host and port in mqtt.url; a firewall may stand between"));
    return skip_from({"tls", "login", "rights", "shared", "in_flight", "size"},
                     "the broker cannot be reached");
  }
  found.push_back(fine("broker", config.mqtt.url + " can be reached"));
  if (!endpoint->tls) {
    found.push_back(skipped("tls", "mqtt.url asks for none"));
  } else {
    auto tls = examine_tls(reached->descriptor(), *endpoint, config);
    const bool untrusted = has_problem_but("_ends", tls);
    found.insert(found.end(), tls.begin(), tls.end());
    if (untrusted)
      return skip_from({"login", "rights", "shared", "in_flight", "size"}, "the broker is not trusted");
  }
  const Findings session = examine_session(config, password);
  found.insert(found.end(), session.begin(), session.end());
  if (steers) found.push_back(examine_access(config, access_password));
  return found;
}

}  // namespace latchkey::service
