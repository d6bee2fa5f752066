#include "service/operations/housekeeper.hpp"

#include "registry/housekeeping.hpp"

#include <algorithm>
#include <exception>

namespace latchkey::service {
namespace {

constexpr std::chrono::hours maintenance_interval{1};
constexpr std::chrono::seconds retry_interval{1};
constexpr std::ptrdiff_t rows_at_once = 500;
// Batched, since no answer depends on `credentials_sent_at`: written for each acknowledgement, it took the
// database nearly as long as the registrations.
constexpr std::chrono::milliseconds gather{200};

}  // namespace

Housekeeper::Housekeeper(SentLog& sent, const protocol::Topics& topics, registry::ConnectOptions database,
                         Log& log)
    : sent_(sent), topics_(topics), registry_(std::move(database)), log_(log), thread_([this] { run(); }) {}

void Housekeeper::run() {
  while (!sent_.closed()) {
    try {
      if (Steady::now() >= next_maintenance_) maintain();
      mark_sent_credentials(sent_.take(next_maintenance_, gather));
      record(sent_.take_undelivered());
    } catch (const std::exception& error) {
      log_.error("housekeeping failed", {{"reason", std::string_view(error.what())}});
    }
  }
  mark_sent_credentials(sent_.take(Steady::now()));  // acknowledged while the link was flushed
  record(sent_.take_undelivered());
}

/// Stores the roots, and reports rights that were set before the roots were changed to these.
registry::Result<void> Housekeeper::check_rights() {
  const auto reached = registry::note_roots(registry_, topics_);
  if (!reached) return std::unexpected(reached.error());
  for (const auto& [group, text] : *reached)
    log_.error("rights reach the topics of the protocol, and do not count: set them again",
               {{"group", group}, {"template", text}});
  return {};
}

void Housekeeper::maintain() {
  const auto checked = check_rights();
  const auto more = registry::maintain(registry_);
  // Between the steps write what was sent.
  const bool is_done = checked && more && !*more;
  next_maintenance_ = Steady::now() + (is_done ? std::chrono::seconds(maintenance_interval) : retry_interval);
  if (!checked)
    log_.warning("rights are not checked against the roots of the protocol's topics yet",
                 {{"reason", checked.error().what}});
  if (!more)
    log_.warning("maintenance of the registry failed and will be repeated", {{"reason", more.error().what}});
}

/// No retry: a device that still needs the message repeats its request.
void Housekeeper::record(const std::vector<registry::Undelivered>& messages) {
  if (messages.empty()) return;
  if (const auto done = registry::record_undelivered(registry_, messages); !done)
    log_.warning("registry.stuck_devices is not updated yet with messages that the broker refused",
                 {{"reason", done.error().what}});
}

void Housekeeper::mark_sent_credentials(std::vector<registry::Sent> sent) {
  for (auto from = sent.begin(); from != sent.end();) {
    const auto to = from + std::min(rows_at_once, sent.end() - from);
    const auto done = registry::mark_sent(registry_, std::span(from, to));
    if (!done) {
      log_.warning("credentials_sent_at is not written yet", {{"reason", done.error().what}});
      sent_.put_back({from, sent.end()});
      // The database is unreachable: wait for the next maintenance to try again.
      next_maintenance_ = Steady::now() + retry_interval;
      std::this_thread::sleep_until(next_maintenance_);
      return;
    }
    std::vector<registry::Sent> busy;
    for (std::size_t i = 0; i < done->size(); ++i)
      if ((*done)[i] == registry::Outcome::busy) busy.push_back(from[static_cast<std::ptrdiff_t>(i)]);
    if (!busy.empty()) sent_.put_back(std::move(busy));
    from = to;
  }
}

}  // namespace latchkey::service
