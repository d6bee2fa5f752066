#pragma once

#include "device/diagnosis.hpp"
#include "device/request_exchange.hpp"

namespace latchkey::device {

/// The bootstrap phase: sends the request on the bootstrap connection until there is a final answer or the
/// deadline passes.
class Enrolment {
 public:
  using Clock = Mailbox::Clock;

  /// `proof` must outlive this.
  Enrolment(const Context& context, const OwnProof& proof, Terms terms);

  /// Returns the stored credential, or an outcome other than `ready`. Without a deadline it does not stop by
  /// itself.
  [[nodiscard]] std::expected<StoredCredential, Outcome> run(std::optional<Clock::time_point> deadline);
  /// The time before which the service wants no further request.
  [[nodiscard]] Clock::time_point not_before() const noexcept { return exchange_.not_before(); }
  /// Final rejections in a row.
  [[nodiscard]] unsigned rejections() const noexcept { return exchange_.rejections(); }

 private:
  [[nodiscard]] std::expected<std::unique_ptr<mqtt::Link>, std::string> open_link() const;
  [[nodiscard]] std::string ca_file() const;
  [[nodiscard]] RequestExchange::Ended handle(const Event& event, mqtt::Link& link);
  [[nodiscard]] std::expected<StoredCredential, Outcome> run_exchange(
      mqtt::Link& link, std::optional<Clock::time_point> deadline);

  void on_lost(const std::string& reason);

  Context context_;
  RequestExchange exchange_;
  Diagnosis diagnosis_{Diagnosis::of_bootstrap};
  bool is_connected_ = false;
  bool was_connected_ = false;
};

}  // namespace latchkey::device
