#include "crypto/tls_server.hpp"

#include "crypto/openssl.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

namespace latchkey::crypto {
namespace {

using openssl::failed;
using openssl::made;
using Context = openssl::Owned<SSL_CTX, SSL_CTX_free>;
using Connection = openssl::Owned<SSL, SSL_free>;
using AlternativeNames = openssl::Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

TlsServer::VerifyResult verify_result_of(long result) {
  switch (result) {
    case X509_V_OK:
      return TlsServer::VerifyResult::trusted;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsServer::VerifyResult::other_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsServer::VerifyResult::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsServer::VerifyResult::not_valid_yet;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return TlsServer::VerifyResult::unknown_issuer;
    default:
      return TlsServer::VerifyResult::otherwise_wrong;
  }
}

std::string address_text(const ASN1_STRING* octets) {
  const int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (ASN1_STRING_length(octets) != 4 && ASN1_STRING_length(octets) != 16) return {};
  ::inet_ntop(family, ASN1_STRING_get0_data(octets), text.data(), text.size());
  return text.data();
}

/// A common mistake: an IP address as a DNS name. TLS clients ignore it.
std::string dns_name(ByteView octets) {
  const std::string name(as_text(octets));
  std::array<std::uint8_t, sizeof(in6_addr)> ignored{};
  const bool is_address = ::inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
                          ::inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
  return is_address ? name + " as a DNS name (an address has to be there as an IP address)" : name;
}

std::vector<std::string> names_in(const Certificate& certificate) {
  const AlternativeNames all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
    const auto* const value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, nullptr));
    if (name->type == GEN_DNS)
      names.push_back(
          dns_name({ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))}));
    if (name->type == GEN_IPADD) names.push_back(address_text(value));
  }
  return names;
}

/// The same settings as Paho's: these anchors and no others, and the host name is verified.
Connection prepare(SSL_CTX* context, int socket, const std::string& host) {
  auto connection = made<Connection>(SSL_new(context));
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(connection.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
    SSL_ctrl(connection.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));  // SSL_set_tlsext_host_name, whose macro casts old-style
  }
  SSL_set_fd(connection.get(), socket);
  ERR_clear_error();
  return connection;
}

/// One deadline for the whole handshake, not one for each read: a server may send a byte now and then.
bool handshake(SSL* connection, int socket, std::chrono::steady_clock::time_point until) {
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  for (;;) {
    const int done = SSL_connect(connection);
    if (done == 1) return true;
    const int wants = SSL_get_error(connection, done);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const auto event = static_cast<std::int16_t>(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
    pollfd ready{.fd = socket, .events = event, .revents = 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
  }
}

}  // namespace

Result<TlsServer> probe_tls_server(int socket, const std::string& host, const std::filesystem::path& ca_file,
                                   std::chrono::milliseconds limit) {
  const auto context = made<Context>(SSL_CTX_new(TLS_client_method()));
  if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1)
    return failed(Fault::malformed, ca_file.string() + " cannot be read");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // the result is reported below instead
  const Connection connection = prepare(context.get(), socket, host);
  const bool completed = handshake(connection.get(), socket, std::chrono::steady_clock::now() + limit);
  // A server that requires a client certificate may fail the handshake, but has sent its own certificate by
  // then.
  X509* const shown = SSL_get0_peer_certificate(connection.get());
  if (shown == nullptr)
    return failed(Fault::refused, completed ? "it shows no certificate" : "the TLS handshake failed");
  ERR_clear_error();
  auto certificate = Certificate::from_der(openssl::encoded<i2d_X509>(shown));
  if (!certificate) return std::unexpected(certificate.error());
  const long result = SSL_get_verify_result(connection.get());
  std::vector<std::string> names = names_in(*certificate);
  return TlsServer{*std::move(certificate), std::move(names), verify_result_of(result),
                   X509_verify_cert_error_string(result)};
}

}  // namespace latchkey::crypto
