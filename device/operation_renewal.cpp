#include "device/operation.hpp"

#include <algorithm>
#include <utility>

// The credential's successor is asked for on the connection that it is going to replace.
namespace latchkey::device {
namespace {

// After a disk that was full, for one.
constexpr std::chrono::minutes pause_after_damage{1};

}  // namespace

std::optional<Operation::Clock::time_point> Operation::renewal_time() const {
  if (!plan_.stays || !is_settled_) return std::nullopt;
  if (plan_.again_at) return std::max(*plan_.again_at, renew_not_before_);
  const auto now = context_.time.guess();
  const auto renew_after = credential_.record.renew_after;
  if (!now || renew_after == 0) return std::nullopt;
  const auto left = crypto::Time(std::chrono::seconds(renew_after)) - *now;
  if (left <= std::chrono::seconds(0)) return renew_not_before_;
  // What is far away is looked at again, and cannot be counted in the clock's unit.
  return std::max(Clock::now() + std::min<std::chrono::seconds>(left, std::chrono::days(1)),
                  renew_not_before_);
}

// A newer connection is tried itself; a newer generation is asked for again, since the one that was stored
// may have ended unused.
Operation::Ended Operation::renew() {
  if (plan_.again_at && !plan_.is_outdated) {
    leave();
    return Outcome::changed;
  }
  const auto generation = credential_.record.generation;
  auto certified = renewal_proof(credential_);
  const bool renews = certified.has_value();
  // A password signs nothing: the factory's proof asks for the next one.
  const OwnProof& proof = renews ? *(renewal_proof_ = std::make_unique<const OwnProof>(*std::move(certified)))
                                 : context_.settings.proof;
  context_.reporter.step({"renewing", {{"generation", generation}}});
  asking_ = std::make_unique<Asking>(
      context_, proof, Terms{.last_error = {}, .renews = renews ? generation : 0, .insists = true});
  if (!asking_->begin()) return on_asked(Asking::Ended(std::unexpected(Outcome::damaged)));
  asking_->on_ready(*link_);
  return std::nullopt;
}

Operation::Ended Operation::on_asked(const Asking::Ended& asked) {
  if (!asked) return std::nullopt;
  if (*asked) {
    context_.reporter.step({"renewed", {{"generation", (*asked)->record.generation}}});
    leave();
    return Outcome::changed;
  }
  context_.reporter.remark("the credential is not renewed yet; the one in use stays");
  asking_.reset();
  renew_not_before_ = Clock::now() + pause_after_damage;
  return std::nullopt;
}

}  // namespace latchkey::device
