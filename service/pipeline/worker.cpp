#include "service/pipeline/worker.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds proof_interval{3};
constexpr std::chrono::seconds proof_retry{1};
// The interval of proofs plus the time limit of a call.
constexpr std::chrono::seconds longest_without_commit{10};

}  // namespace

Worker::Worker(Inbox& inbox, std::size_t batch_max, const RequestTools& requests, const StatusTools& statuses,
               registry::ConnectOptions database, std::function<void()> can_serve)
    : inbox_(inbox),
      batch_max_(batch_max),
      metrics_(requests.metrics),
      log_(requests.log),
      registry_(std::move(database)),
      requests_(requests, registry_),
      statuses_(statuses, registry_),
      can_serve_(std::move(can_serve)),
      thread_([this] { run(); }) {}

void Worker::run() {
  while (true) {
    try {
      if (Steady::now() >= next_proof_) prove();
      if (!inbox_.wait(next_proof_)) continue;
      auto batch = inbox_.take(batch_max_);
      if (batch.empty()) return;
      const Activity::Scope scope(activity_);
      work(std::move(batch));
      update_standing();
    } catch (const std::exception& error) {
      // Out of memory, or a bug: these messages are not answered, their devices repeat them; all others are
      // served.
      log_.error("a batch failed", {{"reason", std::string_view(error.what())}});
    }
  }
}

void Worker::prove() {
  next_proof_ = Steady::now() + proof_retry;  // whether it succeeds or not
  const Activity::Scope scope(activity_);
  if (const auto proof = registry_.prove(); !proof)
    log_.debug("a worker cannot commit", {{"reason", proof.error().what}});
  update_standing();
}

/// A batch is a proof too, whether its commit succeeds or fails.
void Worker::update_standing() {
  const auto& standing = registry_.standing();
  const bool commits = standing.complaint.empty();
  next_proof_ = commits ? standing.committed_at + proof_interval : Steady::now() + proof_retry;
  {
    const std::lock_guard lock(mutex_);
    standing_ = standing;
  }
  if (const auto lost = registry_.take_lost()) {
    metrics_.lost_commit();
    log_.error("the database lacks a request that it had committed: call registry.restored(reason) now",
               {{"tracking_id", *lost}});
  }
  if (commits && can_serve_) std::exchange(can_serve_, nullptr)();
}

std::optional<std::string> Worker::complaint(Steady::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!standing_.complaint.empty()) return standing_.complaint;
  if (standing_.committed_at == Steady::time_point()) return "not connected yet";
  if (now - standing_.committed_at <= longest_without_commit) return std::nullopt;
  const auto since = std::chrono::floor<std::chrono::seconds>(now - standing_.committed_at);
  return "nothing was committed for " + std::to_string(since.count()) + " s";
}

void Worker::work(std::vector<Inbound> batch) {
  const auto now = Steady::now();
  for (const Inbound& message : batch)
    metrics_.took(Stage::wait, now - message.received);
  const auto statuses = std::stable_partition(batch.begin(), batch.end(), [](const Inbound& message) {
    return message.channel == protocol::Channel::request;
  });
  std::vector<Inbound> rest(std::make_move_iterator(statuses), std::make_move_iterator(batch.end()));
  batch.erase(statuses, batch.end());
  if (!batch.empty()) {
    metrics_.batch(protocol::Channel::request, batch.size());
    requests_.run(std::move(batch));
  }
  if (!rest.empty()) {
    metrics_.batch(protocol::Channel::status, rest.size());
    statuses_.run(std::move(rest));
  }
}

}  // namespace latchkey::service
