#include "device/settings.hpp"

namespace latchkey::device {

protocol::Verifier verifier_of(const Settings& settings, std::optional<crypto::Time> now,
                               const std::vector<crypto::Bytes>& also) {
  if (const auto* proof = std::get_if<KeyProof>(&settings.proof))
    return protocol::answer_key(proof->key.view());
  protocol::ServiceAnchors anchors{.certificates = settings.anchors, .now = now};
  for (const auto& der : also)
    if (auto certificate = crypto::Certificate::from_der(der))
      anchors.certificates.push_back(*std::move(certificate));
  return anchors;
}

}  // namespace latchkey::device
