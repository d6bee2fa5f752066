#pragma once

#include "device/asking.hpp"
#include "device/diagnosis.hpp"

namespace latchkey::device {

/// The bootstrap phase: asks on the bootstrap connection until there is a final answer or the time is over.
class Enrolment {
 public:
  using Clock = Mailbox::Clock;

  /// `proof` outlives this.
  Enrolment(Context context, const OwnProof& proof, Terms terms);

  /// The stored credential on success, otherwise never `ready`. Without a deadline it goes on until it is.
  [[nodiscard]] std::expected<StoredCredential, Outcome> run(std::optional<Clock::time_point> deadline);
  /// The service does not want to hear from the device before.
  [[nodiscard]] Clock::time_point not_before() const noexcept { return asking_.not_before(); }
  /// Final rejections in a row.
  [[nodiscard]] unsigned rejections() const noexcept { return asking_.rejections(); }

 private:
  [[nodiscard]] std::expected<std::unique_ptr<mqtt::Link>, std::string> open_link() const;
  [[nodiscard]] std::string ca_file() const;
  [[nodiscard]] Asking::Ended handle(const Event& event, mqtt::Link& link);
  [[nodiscard]] std::expected<StoredCredential, Outcome> converse(mqtt::Link& link,
                                                                  std::optional<Clock::time_point> deadline);

  void on_lost(const std::string& reason);

  Context context_;
  Asking asking_;
  Diagnosis diagnosis_{Diagnosis::of_bootstrap};
  bool is_connected_ = false;
  bool was_connected_ = false;
};

}  // namespace latchkey::device
