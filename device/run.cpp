#include "device/run.hpp"

#include "device/enrolment.hpp"
#include "device/operation.hpp"
#include "device/provisioning.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace latchkey::device {
namespace {

using Clock = Mailbox::Clock;

// The least time between attempts, even if everything fails at once.
constexpr std::chrono::seconds shortest_round{1};

/// A credential with one of its connections.
struct Place {
  StoredCredential credential;
  protocol::Connection connection;
};

class Runner {
 public:
  Runner(const Context& context, const RunOptions& options) : context_(context), options_(options) {}

  void run();

 private:
  [[nodiscard]] std::vector<Place> places() const;
  [[nodiscard]] bool is_usable(const StoredCredential& credential) const;
  [[nodiscard]] bool is_stopped() const { return context_.mailbox.stopped(); }
  void sleep_until(Clock::time_point time) { (void)context_.mailbox.wait_until(time); }
  void operate(Place place, bool is_outdated);
  void record_failure(const Operation& operation);
  void enrol();
  [[nodiscard]] std::optional<Outcome> renew_expired();
  [[nodiscard]] Outcome ask(const OwnProof& proof, Terms terms);

  const Context& context_;
  const RunOptions& options_;
  std::size_t failed_ = 0;      ///< how many places, newest first, failed lately
  Clock::time_point again_at_;  ///< when to try them again
  unsigned retries_ = 0;
  std::string last_error_;
  std::string last_session_;
  std::optional<std::int64_t> issued_;  ///< the generation received on the bootstrap connection
  Clock::time_point ask_not_before_ = Clock::time_point::min();
  unsigned rejections_ = 0;  ///< final rejections of the factory's proof in a row
};

void Runner::run() {
  const auto delay = context_.environment.uniform() * options_.start_within;
  sleep_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(delay));
  while (!is_stopped()) {
    auto found = places();
    if (failed_ >= found.size()) {
      enrol();
      failed_ = 0;
      continue;
    }
    const auto newest = found.front().credential.record.generation;
    auto& place = found[failed_];
    const bool is_outdated = place.credential.record.generation < newest;
    operate(std::move(place), is_outdated);
  }
}

// Always try a credential that was just issued, whatever the device's clock says.
bool Runner::is_usable(const StoredCredential& credential) const {
  return credential.record.generation == issued_ || !has_expired(context_, credential);
}

// Newest credential first; of one credential the new connection before the one that worked.
std::vector<Place> Runner::places() const {
  std::vector<Place> found;
  // Read again for each connection, since private keys are not copied.
  for (std::size_t i = 0; i < 2; ++i)
    for (auto& credential : context_.store.credentials()) {
      if (!is_usable(credential) || i >= credential.record.connections.size()) continue;
      auto connection = credential.record.connections[i];
      found.push_back({std::move(credential), std::move(connection)});
    }
  std::ranges::stable_sort(found, std::ranges::greater(),
                           [](const Place& place) { return place.credential.record.generation; });
  return found;
}

void Runner::operate(Place place, bool is_outdated) {
  const Plan plan{.stays = true,
                  .patience = options_.patience,
                  .again_at = failed_ > 0 ? std::optional(again_at_) : std::nullopt,
                  .is_outdated = is_outdated,
                  .previous = last_session_};
  Operation operation(context_, std::move(place.credential), std::move(place.connection), plan);
  const auto outcome = operation.run();
  last_session_ = operation.last_session();
  if (operation.has_worked() && failed_ == 0) retries_ = 0;
  if (outcome == Outcome::changed) failed_ = 0;
  if (outcome != Outcome::changed && outcome != Outcome::stopped) record_failure(operation);
}

// To try it the device must end a working connection, so the pauses grow.
void Runner::record_failure(const Operation& operation) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(6);
  last_error_ = operation.last_error().empty() ? "no configuration came" : operation.last_error();
  context_.reporter.remark("this connection does not work: " + last_error_);
  ++failed_;
  const auto ceiling = std::min(options_.patience * (4L << std::min(retries_++, 16U)), longest);
  const auto pause = ceiling * (1 + context_.environment.uniform()) / 2;
  again_at_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(pause);
}

void Runner::enrol() {
  const auto now = Clock::now();
  if (now < ask_not_before_) {
    // If there are places to try, try them meanwhile.
    sleep_until(places().empty() ? ask_not_before_ : now + shortest_round);
    return;
  }
  if (!last_error_.empty()) context_.reporter.remark("back to the bootstrap connection: " + last_error_);
  const auto renewed = renew_expired();
  if (is_stopped() || (renewed && *renewed != Outcome::refused)) return;
  const bool insists = context_.store.credentials().empty();
  (void)ask(context_.settings.proof,
            {.last_error = last_error_, .renews = 0, .insists = insists, .rejections = rejections_});
}

/// Renews by an expired certificate, which opens no connection but is still a valid proof (docs/protocol.md,
/// 2). Nothing without one.
std::optional<Outcome> Runner::renew_expired() {
  for (const auto& credential : context_.store.credentials()) {
    auto certified = has_expired(context_, credential) ? renewal_proof(credential) : std::nullopt;
    if (!certified) continue;
    const OwnProof proof = *std::move(certified);
    const auto generation = credential.record.generation;
    context_.reporter.step({"renewing", {{"generation", generation}}});
    return ask(proof, {.last_error = last_error_, .renews = generation, .insists = false});
  }
  return std::nullopt;
}

/// Returns `changed` after storing a new credential.
Outcome Runner::ask(const OwnProof& proof, Terms terms) {
  const auto deadline = terms.insists ? std::nullopt : std::optional(Clock::now() + options_.patience);
  const bool renews = terms.renews > 0;
  Enrolment enrolment(context_, proof, std::move(terms));
  const auto asked = enrolment.run(deadline);
  if (asked) {
    issued_ = asked->record.generation;
    rejections_ = 0;
    return Outcome::changed;
  }
  // A refused renewal does not delay a request by the factory's proof.
  if (!renews || asked.error() != Outcome::refused) ask_not_before_ = enrolment.not_before();
  if (!renews) rejections_ = enrolment.rejections();
  if (asked.error() == Outcome::damaged) sleep_until(Clock::now() + options_.patience);
  return asked.error();
}

}  // namespace

void run(const Context& context, const RunOptions& options) {
  context.reporter.step({"powered_on", {{"device_id", context.settings.id.text()}}});
  Runner(context, options).run();
}

}  // namespace latchkey::device
