#include "device/settings.hpp"

namespace latchkey::device {
namespace {

void add(const std::vector<crypto::Bytes>& certificates, protocol::ServiceAnchors& anchors) {
  for (const auto& der : certificates)
    if (auto certificate = crypto::Certificate::from_der(der))
      anchors.certificates.push_back(*std::move(certificate));
}

}  // namespace

protocol::ServiceAnchors anchors_of(const Settings& settings, const Timekeeper& time,
                                    const std::vector<crypto::Bytes>& also) {
  protocol::ServiceAnchors anchors{
      .certificates = settings.anchors, .now = time.now(), .earliest = time.earliest()};
  add(also, anchors);
  return anchors;
}

protocol::ServiceAnchors anchors_at(const Settings& settings, const Timekeeper& time,
                                    const protocol::Connection& connection) {
  if (connection.ca.empty()) return anchors_of(settings, time);
  protocol::ServiceAnchors anchors{.certificates = {}, .now = time.now(), .earliest = time.earliest()};
  add(connection.ca, anchors);
  return anchors;
}

}  // namespace latchkey::device
