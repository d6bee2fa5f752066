#include "device/settings.hpp"

namespace latchkey::device {

protocol::ServiceAnchors anchors_of(const Settings& settings, std::optional<crypto::Time> now,
                                    const std::vector<crypto::Bytes>& also) {
  protocol::ServiceAnchors anchors{.certificates = settings.anchors, .now = now};
  for (const auto& der : also)
    if (auto certificate = crypto::Certificate::from_der(der))
      anchors.certificates.push_back(*std::move(certificate));
  return anchors;
}

}  // namespace latchkey::device
