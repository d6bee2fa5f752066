#include "device/operation.hpp"

#include <algorithm>
#include <utility>

// Renewal: requests the next credential on the operational connection.
namespace latchkey::device {
namespace {

// For example when the disk is full.
constexpr std::chrono::minutes pause_after_damage{1};

}  // namespace

std::optional<Operation::Clock::time_point> Operation::renewal_time() const {
  if (!plan_.stays || !is_answered_) return std::nullopt;
  if (plan_.again_at) return std::max(*plan_.again_at, renew_not_before_);
  const auto now = context_.time.guess();
  const auto renew_after = credential_.record.renew_after;
  if (!now || renew_after == 0) return std::nullopt;
  const auto left = crypto::Time(std::chrono::seconds(renew_after)) - *now;
  if (left <= std::chrono::seconds(0)) return renew_not_before_;
  // At most a day: a later time could overflow the clock's unit, and is computed again anyway.
  return std::max(Clock::now() + std::min<std::chrono::seconds>(left, std::chrono::days(1)),
                  renew_not_before_);
}

// A newer connection is tried again; a newer generation is requested again, since the stored one may have
// expired unused.
Operation::Ended Operation::renew() {
  if (plan_.again_at && !plan_.is_outdated) {
    disconnect();
    return Outcome::changed;
  }
  const auto generation = credential_.record.generation;
  auto certified = renewal_proof(credential_);
  const bool renews = certified.has_value();
  // A password cannot sign a request, so use the factory's proof.
  const OwnProof& proof = renews ? *(renewal_proof_ = std::make_unique<const OwnProof>(*std::move(certified)))
                                 : context_.settings.proof;
  context_.reporter.step({"renewing", {{"generation", generation}}});
  exchange_ =
      std::make_unique<RequestExchange>(context_, proof,
                                        Terms{.last_error = {},
                                              .renews = renews ? generation : 0,
                                              .had_encryption_key = renews && credential_.encryption_key,
                                              .insists = true});
  if (!exchange_->begin())
    return on_exchange_ended(RequestExchange::Ended(std::unexpected(Outcome::damaged)));
  exchange_->on_ready(*link_);
  return std::nullopt;
}

Operation::Ended Operation::on_exchange_ended(const RequestExchange::Ended& asked) {
  if (!asked) return std::nullopt;
  if (*asked) {
    context_.reporter.step({"renewed", {{"generation", (*asked)->record.generation}}});
    disconnect();
    return Outcome::changed;
  }
  context_.reporter.remark("the credential is not renewed yet; the device keeps the one it has");
  exchange_.reset();
  renew_not_before_ = Clock::now() + pause_after_damage;
  return std::nullopt;
}

}  // namespace latchkey::device
