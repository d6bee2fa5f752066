#include "reason_case.hpp"

namespace latchkey::test {

void ReasonCase::ask_with_chain(const crypto::PrivateKey& key, const crypto::Bytes& leaf,
                                std::string_view kid) {
  protocol::RequestHeader header;
  if (!kid.empty()) header.group = kid;
  header.chain = {leaf};
  ask(signed_by(key, header));
}

void ReasonCase::renew(const crypto::PrivateKey& key) {
  const std::string digits = database.shown(
      "SELECT encode(fingerprint, 'hex') FROM registry.credential WHERE device_id = '" + id + "'");
  crypto::Sha256Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  another_request();
  ask(signed_by(key, {.group = {}, .chain = {}, .current_certificate = digest}));
}

}  // namespace latchkey::test
