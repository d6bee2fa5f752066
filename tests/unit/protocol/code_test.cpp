#include "protocol/code.hpp"

#include "protocol/limits.hpp"
#include "support/catch.hpp"

#include <algorithm>

namespace latchkey::protocol {
namespace {

struct Row {
  Code code;
  std::string_view name;
  Status status;
  bool is_signed;
  bool has_retry;
};

// The table of docs/protocol.md, 3.
constexpr Row rows[] = {
    {Code::invalid_request, "invalid_request", Status::rejected, false, false},
    {Code::unauthorized, "unauthorized", Status::rejected, false, true},
    {Code::conflict, "conflict", Status::rejected, true, false},
    {Code::weak_key, "weak_key", Status::rejected, true, false},
    {Code::invalid_csr, "invalid_csr", Status::rejected, true, false},
    {Code::credential_not_allowed, "credential_not_allowed", Status::rejected, true, false},
    {Code::encryption_required, "encryption_required", Status::rejected, true, false},
    {Code::answer_too_large, "answer_too_large", Status::rejected, true, false},
    {Code::device_suspended, "device_suspended", Status::rejected, true, true},
    {Code::device_revoked, "device_revoked", Status::rejected, true, true},
    {Code::reprovisioning_denied, "reprovisioning_denied", Status::rejected, true, true},
    {Code::quota_exceeded, "quota_exceeded", Status::rejected, true, true},
    {Code::rate_limited, "rate_limited", Status::retry, false, true},
    {Code::overloaded, "overloaded", Status::retry, false, true},
    {Code::unavailable, "unavailable", Status::retry, false, true},
    {Code::decided, "decided", Status::retry, true, true},
};

}  // namespace

TEST_CASE("every code has the status, signature and delay of the table") {
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto& found = rule(row.code);
    CHECK(found.name == row.name);
    CHECK(found.status == row.status);
    CHECK(found.is_signed == row.is_signed);
    CHECK(found.retry_after_s.has_value() == row.has_retry);
    if (found.status == Status::rejected && row.has_retry) CHECK(found.retry_after_s == 3600);
  }
}

TEST_CASE("what people read of a code is printable and short") {
  for (const auto& row : rows) {
    const auto message = rule(row.code).message;
    CHECK_FALSE(message.empty());
    CHECK(message.size() <= limits::message_bytes);
    CHECK(std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; }));
  }
}

TEST_CASE("every status of an answer has its name") {
  CHECK(name_of(Status::accepted) == "accepted");
  CHECK(name_of(Status::pending) == "pending");
  CHECK(name_of(Status::challenge) == "challenge");
  CHECK(name_of(Status::rejected) == "rejected");
  CHECK(name_of(Status::retry) == "retry");
}

}  // namespace latchkey::protocol
