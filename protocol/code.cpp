#include "protocol/code.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace latchkey::protocol {
namespace {

constexpr std::int64_t one_hour = 3600;

// In the order of `Code`. A message must not reveal which ids, keys or groups exist.
constexpr std::array<CodeRule, 16> rules{{
    {"invalid_request", Status::rejected, false, {}, "The request does not follow the protocol."},
    {"unauthorized", Status::rejected, false, one_hour, "No enrolment matches this device and proof."},
    {"conflict", Status::rejected, true, {}, "This request_id is used up: take a new one."},
    {"weak_key", Status::rejected, true, {}, "The key in the CSR is of a kind or size that is not accepted."},
    {"invalid_csr", Status::rejected, true, {}, "The CSR is malformed or not signed by its own key."},
    {"credential_not_allowed", Status::rejected, true, {}, "The enrolment does not allow this credential."},
    {"encryption_required",
     Status::rejected,
     true,
     {},
     "A password is sent sealed only: add encryption_key."},
    {"answer_too_large", Status::rejected, true, {}, "The answer is larger than the device can take."},
    {"device_suspended", Status::rejected, true, one_hour, "An operator suspended this device."},
    {"device_revoked", Status::rejected, true, one_hour, "An operator revoked this device."},
    {"reprovisioning_denied", Status::rejected, true, one_hour, "This device is registered already."},
    {"quota_exceeded", Status::rejected, true, one_hour, "The enrolment admits no further devices."},
    {"rate_limited", Status::retry, false, 60, "Too many attempts: slow down."},
    {"overloaded", Status::retry, false, 10, "The service is busy: ask again later."},
    {"unavailable", Status::retry, false, 5, "The service cannot answer now: ask again later."},
    {"decided", Status::retry, true, 0, "An operator decided on this request: ask again at once."},
}};
static_assert(rules.size() == static_cast<std::size_t>(Code::decided) + 1);
static_assert(rules.back().name == "decided");

}  // namespace

const CodeRule& rule(Code code) noexcept {
  return rules[static_cast<std::size_t>(code)];
}

std::string_view name_of(Status status) noexcept {
  switch (status) {
    case Status::accepted:
      return "accepted";
    case Status::pending:
      return "pending";
    case Status::challenge:
      return "challenge";
    case Status::rejected:
      return "rejected";
    case Status::retry:
      return "retry";
  }
  std::unreachable();
}

}  // namespace latchkey::protocol
