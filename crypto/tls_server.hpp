#pragma once

#include "crypto/certificate.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::crypto {

/// A TLS server's certificate, and how a client would judge it.
struct TlsServer {
  enum class VerifyResult { trusted, unknown_issuer, other_name, expired, not_valid_yet, otherwise_wrong };
  Certificate certificate;
  std::vector<std::string> names;  ///< the DNS names and addresses in the certificate
  VerifyResult verify_result = VerifyResult::otherwise_wrong;
  std::string why;  ///< OpenSSL's words for the verify_result
};

/// Does a TLS handshake of at most `limit` on a connected socket, which becomes non-blocking, and sends
/// nothing after it. The verify_result is that of a client that asked for `host` (a name or an address) and
/// believes the certificates in `ca_file` (PEM), at this machine's time. The error: the server sent no
/// certificate, for example because it does not speak TLS.
[[nodiscard]] Result<TlsServer> probe_tls_server(int socket, const std::string& host,
                                                 const std::filesystem::path& ca_file,
                                                 std::chrono::milliseconds limit);

}  // namespace latchkey::crypto
