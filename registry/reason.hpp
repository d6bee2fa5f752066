#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::registry {

/// The catalogue of reasons for the decision on a request, or for ignoring a status. The ledger, the log,
/// `latchkey explain` and the fleet page use only these.
enum class Reason {
  // Before the device is known.
  malformed_request,
  too_many_failures,
  inbox_full,
  waited_too_long,
  registry_unavailable,
  row_refused,
  row_locked,
  row_too_slow,
  // The proof (service/identity).
  no_enrolment,
  other_kind_of_proof,
  wrong_token,
  wrong_key,
  wrong_algorithm,
  enrolled_key_not_opened,
  enrolled_key_not_accepted,
  unknown_certificate,
  renewal_not_signed,
  certificate_erased,
  certificate_not_issued,
  certificate_ended,
  enrolment_gone,
  malformed_certificate,
  certificate_key_not_accepted,
  certificate_not_signed,
  certificate_of_the_service,
  other_certificate_enrolled,
  certificate_is_a_ca,
  certificate_outside_validity,
  kid_of_another_group,
  group_ca_not_accepted,
  chain_not_accepted,
  no_id_in_certificate,
  certificate_of_another_device,
  enrolment_disabled,
  group_disabled,
  registered_by_another_enrolment,
  registered_by_another_key,
  // Decisions about a known device (service/enrolment).
  not_fresh,
  device_suspended,
  device_revoked,
  credential_not_allowed,
  no_key_for_password,
  no_key_for_config,
  passwords_not_given,
  malformed_csr,
  csr_key_not_accepted,
  csr_not_signed,
  same_request,
  request_id_reused,
  request_id_ended,
  outside_window,
  id_not_matched,
  id_not_carried,
  not_on_the_list,
  token_cannot_replace,
  reprovisioning_denied,
  waits_for_approval,
  rejected_by_operator,
  not_issued,
  answer_too_large,
  quota_used_up,
  too_many_wait,
  too_many_credentials,
  // A status (service/enrolment/lifecycle, service/pipeline/statuses).
  malformed_status,
  device_not_registered,
  generation_not_live,
  connected_not_proven,
  other_connection,
  session_not_open,
  late_status,
};

/// One row of the catalogue.
struct ReasonRow {
  std::string_view id;      ///< in the ledger and the log; never changes
  std::string_view text;    ///< for people
  std::string_view advice;  ///< what an operator can do; {id} and {group} are placeholders
};

[[nodiscard]] const ReasonRow& row_of(Reason reason) noexcept;
/// The whole catalogue, in the order of `Reason`.
[[nodiscard]] std::span<const ReasonRow> reason_rows() noexcept;
/// SQL that writes the catalogue to the table registry.reason.
[[nodiscard]] std::string reasons_as_sql();

/// A reason with a detail of the single case.
struct Cause {
  Cause(Reason why, std::string more = {})  // NOLINT(google-explicit-constructor): a reason alone is one
      : reason(why), detail(std::move(more)) {}

  Reason reason;
  std::string detail;  ///< empty: none

  [[nodiscard]] std::string_view id() const noexcept { return row_of(reason).id; }
  /// For people: "wrong key", "registered by another enrolment: group:meters".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Cause&, const Cause&) = default;
};

}  // namespace latchkey::registry
