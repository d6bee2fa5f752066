#include "bench/database.hpp"

#include "crypto/mac.hpp"
#include "registry/housekeeping.hpp"
#include "registry/requests.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <thread>

namespace latchkey::bench {
namespace {

using namespace std::chrono_literals;

/// About the size of a device certificate with a short id.
constexpr std::size_t certificate_bytes = 430;

struct Batch {
  std::vector<registry::RequestKey> keys;
  std::vector<registry::DecidedRequest> rows;
  std::vector<registry::Sent> sent;
};

crypto::Sha256Digest random_digest() {
  crypto::Sha256Digest digest{};
  crypto::fill_random(digest);
  return digest;
}

std::string random_uuid() {
  std::string text = crypto::to_hex(crypto::random_bytes(16));
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    text.insert(at, 1, '-');
  return text;
}

registry::DecidedRequest row_of(const DatabaseOptions& options, const std::string& id,
                                const std::string& request_id) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  registry::DecidedRequest row;
  row.attempt.tracking_id = random_uuid();
  row.attempt.device_id = id;
  row.attempt.received_at = now;
  row.attempt.decision = "accepted";
  row.attempt.group = options.group;
  registry::Registration& registration = row.registration.emplace();
  registration.to_registered = true;
  registration.enrolled_by = "group:" + options.group;
  registration.attributes = R"({"firmware_version":"1.4.2","model":"T1000"})";
  registry::NewCredential& credential = registration.credential;
  credential.request_id = request_id;
  credential.digest = random_digest();
  credential.serial = crypto::random_bytes(16);
  credential.certificate = crypto::random_bytes(certificate_bytes);
  credential.fingerprint = random_digest();
  credential.key_fingerprint = random_digest();
  credential.not_before = now - 1h;
  credential.not_after = now + 24h * 90;
  credential.use_by = now + 24h;
  credential.signed_by = registry::SignedBy::device_key;
  credential.answer_key.emplace();
  return row;
}

std::vector<Batch> make_batches(const DatabaseOptions& options) {
  std::vector<Batch> batches;
  for (std::size_t at = 0; at < options.devices; at += options.batch) {
    Batch& batch = batches.emplace_back();
    for (std::size_t i = at; i < std::min(at + options.batch, options.devices); ++i) {
      const std::string id = options.prefix + "-" + std::to_string(i);
      const std::string request_id = crypto::to_hex(crypto::random_bytes(12));
      batch.keys.push_back(
          {protocol::DeviceId::parse(id).value(), request_id, options.group, {}, {}, {}, {}});
      batch.rows.push_back(row_of(options, id, request_id));
      batch.sent.push_back({id, 1});
    }
  }
  return batches;
}

std::expected<void, std::string> run(registry::Registry& registry, const Batch& batch) {
  if (const auto loaded = registry::load_requests(registry, batch.keys); !loaded)
    return std::unexpected(loaded.error().what);
  const auto outcomes = registry::commit_requests(registry, batch.rows);
  if (!outcomes) return std::unexpected(outcomes.error().what);
  if (std::ranges::any_of(*outcomes, [](auto outcome) { return outcome != registry::Outcome::won; }))
    return std::unexpected("a device was registered already");
  if (const auto marked = registry::mark_sent(registry, batch.sent); !marked)
    return std::unexpected(marked.error().what);
  return {};
}

}  // namespace

std::expected<std::string, std::string> measure_database(const DatabaseOptions& options) {
  const auto batches = make_batches(options);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::string fault;
  std::latch connected(static_cast<std::ptrdiff_t>(options.threads) + 1);
  const auto work = [&] {
    registry::Registry registry({options.url, crypto::Secret(std::string_view(options.password))});
    const auto checked = registry.check();
    connected.arrive_and_wait();
    std::expected<void, std::string> done;
    if (!checked) done = std::unexpected(checked.error().what);
    for (std::size_t i = next++; i < batches.size() && done; i = next++)
      done = run(registry, batches[i]);
    const std::scoped_lock lock(mutex);
    if (!done) fault = done.error();
  };
  std::vector<std::jthread> threads;
  threads.reserve(options.threads);
  for (std::size_t i = 0; i < options.threads; ++i)
    threads.emplace_back(work);
  connected.arrive_and_wait();
  const auto began = std::chrono::steady_clock::now();
  threads.clear();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  if (!fault.empty()) return std::unexpected(fault);
  return nlohmann::json{{"devices", options.devices},
                        {"seconds", seconds.count()},
                        {"per_s", static_cast<double>(options.devices) / seconds.count()}}
      .dump();
}

}  // namespace latchkey::bench
