#include "mqtt/probe.hpp"

#include "base/words.hpp"
#include "mqtt/tcp_connection.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace latchkey::mqtt {
namespace {

using crypto::TlsServer;

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "no name" : joined(names, ", ");
}

ProbeError untrusted(const TlsServer& server, const std::string& host, const std::string& ca_file) {
  const std::string certificate = "the broker's certificate \"" + server.certificate.common_name() + "\"";
  const std::string because = certificate + ": " + server.why;
  switch (server.verify_result) {
    case TlsServer::VerifyResult::unknown_issuer:
      return {ProbeError::Kind::unknown_issuer,
              certificate + " is not from " + ca_file + " (" + server.why + ")"};
    case TlsServer::VerifyResult::other_name:
      return {ProbeError::Kind::other_name,
              "the broker's certificate is for " + listed(server.names) + ", not for " + host};
    case TlsServer::VerifyResult::expired:
    case TlsServer::VerifyResult::not_valid_yet:
      return {ProbeError::Kind::dates, because};
    default:
      return {ProbeError::Kind::certificate, because};
  }
}

}  // namespace

std::expected<std::optional<TlsServer>, ProbeError> probe_broker(const Endpoint& endpoint,
                                                                 const std::string& ca_file,
                                                                 std::chrono::seconds limit) {
  const auto reached = TcpConnection::open(endpoint.host, endpoint.port, limit);
  if (!reached) return std::unexpected(ProbeError{ProbeError::Kind::unreachable, reached.error()});
  if (!endpoint.tls) return std::nullopt;
  auto server = crypto::probe_tls_server(reached->descriptor(), endpoint.host, ca_file, limit);
  if (!server)
    return std::unexpected(
        ProbeError{ProbeError::Kind::no_tls, "the broker does not answer with TLS: " + server.error().what});
  if (server->verify_result != TlsServer::VerifyResult::trusted)
    return std::unexpected(untrusted(*server, endpoint.host, ca_file));
  return *std::move(server);
}

bool refuses_login(std::string_view reason) {
  // MQTT 5: 134 and 135; 3.1.1: 4 and 5 (CONNACK).
  constexpr std::array<std::string_view, 4> codes = {"(134)", "(135)", "(4)", "(5)"};
  return std::ranges::any_of(codes, [&](std::string_view code) { return reason.contains(code); });
}

}  // namespace latchkey::mqtt
