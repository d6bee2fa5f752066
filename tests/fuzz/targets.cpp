#include "fuzz/targets.hpp"

#include "fuzz/crypto_targets.hpp"
#include "fuzz/protocol_targets.hpp"

#include <array>

namespace latchkey::fuzz {

std::span<const Target> targets() {
  static constexpr std::array<Target, 7> all{{
      {"issued", feed_issued, issued_seeds},
      {"csr", feed_request_for_certificate, requests_for_certificates},
      {"certificate", feed_certificate, certificates},
      {"request", feed_request, requests},
      {"jws", feed_jws, signed_messages},
      {"jwe", feed_jwe, sealed_secrets},
      {"message", feed_message, messages},
  }};
  return all;
}

}  // namespace latchkey::fuzz
