#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::protocol {

enum class Status { accepted, pending, challenge, rejected, retry };

/// Why an answer is not `accepted`: the closed table of docs/protocol.md, 3.
enum class Code {
  invalid_request,
  unauthorized,
  conflict,
  weak_key,
  invalid_csr,
  credential_not_allowed,
  encryption_required,
  answer_too_large,
  device_suspended,
  device_revoked,
  reprovisioning_denied,
  quota_exceeded,
  rate_limited,
  overloaded,
  unavailable,
  decided,
};

/// One row of that table.
struct CodeRule {
  std::string_view name;
  Status status;
  bool is_signed;                             ///< only sent after the proof verified, so the answer is signed
  std::optional<std::int64_t> retry_after_s;  ///< the default, where the answer carries one
  std::string_view message;                   ///< for people; reveals nothing that the sender does not know
};

[[nodiscard]] const CodeRule& rule(Code code) noexcept;
[[nodiscard]] std::string_view name_of(Status status) noexcept;

}  // namespace latchkey::protocol
