#pragma once

#include "crypto/certificate.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::crypto {

/// What a TLS server shows of itself to a client that looks before it trusts.
struct TlsServer {
  enum class Verdict { trusted, unknown_issuer, other_name, expired, not_valid_yet, otherwise_wrong };
  Certificate certificate;
  std::vector<std::string> names;  ///< the DNS names and addresses that it is for
  Verdict verdict = Verdict::otherwise_wrong;
  std::string why;  ///< OpenSSL's words for the verdict
};

/// A handshake on a connected socket, which is made non-blocking; it ends within `limit`, and nothing is sent
/// after it. The verdict is that of a client that asked for `host` (a name or an address) and believes the
/// certificates in `ca_file` (PEM), at this machine's time. The error: nothing was shown, for example because
/// it does not speak TLS.
[[nodiscard]] Result<TlsServer> look_at_tls_server(int socket, const std::string& host,
                                                   const std::filesystem::path& ca_file,
                                                   std::chrono::milliseconds limit);

}  // namespace latchkey::crypto
