#include "device/settings.hpp"

namespace latchkey::device {
namespace {

void add(const std::vector<crypto::Bytes>& certificates, protocol::ServiceAnchors& anchors) {
  for (const auto& der : certificates)
    if (auto certificate = crypto::Certificate::from_der(der))
      anchors.certificates.push_back(*std::move(certificate));
}

}  // namespace

protocol::ServiceAnchors anchors_of(const Settings& settings, std::optional<crypto::Time> now,
                                    const std::vector<crypto::Bytes>& also) {
  protocol::ServiceAnchors anchors{.certificates = settings.anchors, .now = now};
  add(also, anchors);
  return anchors;
}

protocol::ServiceAnchors anchors_at(const Settings& settings, std::optional<crypto::Time> now,
                                    const protocol::Connection& connection) {
  if (connection.ca.empty()) return anchors_of(settings, now);
  protocol::ServiceAnchors anchors{.certificates = {}, .now = now};
  add(connection.ca, anchors);
  return anchors;
}

}  // namespace latchkey::device
