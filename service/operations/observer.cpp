#include "service/operations/observer.hpp"

#include "registry/page.hpp"
#include "service/observability/timestamp.hpp"

#include <algorithm>
#include <exception>
#include <memory>

namespace latchkey::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds look_interval{3};
constexpr std::chrono::seconds count_interval{15};
// Counting ten million devices takes seconds, so limit it to a twentieth of the time.
constexpr int count_share = 20;
// A count this quick is repeated for each view of the page.
constexpr std::chrono::milliseconds quick{25};
// Longer than a call to the database, so that only a long queue is refused.
constexpr std::chrono::seconds patience{8};
// A few of the HTTP server's connections: a hanging database must not block health checks.
constexpr std::ptrdiff_t most_askers = 4;
constexpr const char* busy = "Others are asking; try again in a moment.";

}  // namespace

Observer::Observer(registry::ConnectOptions database, Metrics& metrics)
    : askers_(most_askers), registry_(std::move(database)), metrics_(metrics), thread_([this] { run(); }) {}

Observer::~Observer() {
  end();
  thread_.join();
}

void Observer::end() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  registry_.abandon();
  changed_.notify_all();
}

void Observer::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    try {
      const std::scoped_lock connection(connection_);
      if (Clock::now() >= next_count_) count();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): out of memory, counted again soon
    }
    lock.lock();
    changed_.wait_for(lock, look_interval, [this] { return ending_; });
  }
}

void Observer::count() {
  const auto from = Clock::now();
  auto states = registry::count_devices(registry_);
  auto funnel = registry::count_funnel(registry_);
  const auto online = registry::count_online(registry_);
  if (const auto rows = registry::count_default_rows(registry_)) metrics_.set_default_rows(*rows);
  last_count_took_ = Clock::now() - from;
  next_count_ = Clock::now() + std::max<Clock::duration>(count_interval, count_share * last_count_took_);
  if (!states || !funnel || !online) return;
  metrics_.set_devices(*states);
  const std::scoped_lock lock(mutex_);
  const auto at =
      funnel->empty() ? current_time() : std::chrono::floor<std::chrono::seconds>(funnel->front().counted_at);
  counts_ = FleetCounts{*std::move(states), *std::move(funnel), at, *online};
}

void Observer::recount_if_quick() {
  const bool is_old = Clock::now() + count_interval - std::chrono::seconds(1) > next_count_;
  if (is_old && last_count_took_ <= quick) count();
}

template <class T, class Ask>
std::expected<T, std::string> Observer::ask(const Ask& question) {
  if (!askers_.try_acquire()) return std::unexpected(busy);
  const std::unique_ptr<Observer, void (*)(Observer*)> leave(this,
                                                             [](Observer* self) { self->askers_.release(); });
  const std::unique_lock connection(connection_, patience);
  if (!connection) return std::unexpected(busy);
  auto answer = question();
  if (!answer) return std::unexpected(std::move(answer.error().what));
  return *std::move(answer);
}

FleetView Observer::fleet() {
  auto overview = ask<registry::Overview>([this] {
    recount_if_quick();
    return registry::overview(registry_);
  });
  const std::scoped_lock lock(mutex_);
  return {counts_, std::move(overview), current_time()};
}

std::expected<registry::DeviceHistory, std::string> Observer::history(const protocol::DeviceId& id) {
  return ask<registry::DeviceHistory>([&] { return registry::history(registry_, id); });
}

std::expected<registry::DeviceList, std::string> Observer::devices(const registry::DeviceFilter& filter) {
  return ask<registry::DeviceList>([&] { return registry::list_devices(registry_, filter); });
}

}  // namespace latchkey::service
