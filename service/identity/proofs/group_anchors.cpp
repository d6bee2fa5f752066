#include "service/identity/proofs/group_anchors.hpp"

#include "service/keys/pki.hpp"

namespace latchkey::service {
namespace {

// Far more than there are groups with a CA. Beyond it a CA is prepared again for each request.
constexpr std::size_t most_prepared = 1000;

}  // namespace

GroupAnchors::Entry GroupAnchors::prepare(const crypto::Bytes& ca) const {
  const auto certificate = crypto::Certificate::from_der(ca);
  if (!certificate) return std::unexpected(certificate.error().what);
  if (auto why = why_not_a_group_ca(*certificate, own_)) return std::unexpected(*std::move(why));
  auto anchor = crypto::TrustAnchor::from(*certificate);
  if (!anchor) return std::unexpected(anchor.error().what);
  return std::move(*anchor);
}

GroupAnchors::Entry GroupAnchors::anchor(const crypto::Bytes& ca) {
  const std::lock_guard lock(mutex_);
  if (const auto found = prepared_.find(ca); found != prepared_.end()) return found->second;
  Entry made = prepare(ca);
  if (prepared_.size() < most_prepared) prepared_.emplace(ca, made);
  return made;
}

}  // namespace latchkey::service
