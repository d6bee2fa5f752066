#include "service/issuing/crl_file.hpp"

#include "base/failpoint.hpp"
#include "service/command.hpp"
#include "service/timestamp.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace latchkey::service {
namespace {

// A broker whose clock is behind takes a list from its future for invalid, and lets nobody in.
constexpr std::chrono::hours backdated{1};
constexpr std::chrono::seconds reload_limit{5};
// The stamp does not see certificates that were replaced, where a group wants those on the list.
constexpr std::chrono::seconds full_look_interval{60};
constexpr unsigned readable_by_all = 0644;

std::uint64_t number_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(since).count());
}

std::vector<crypto::Crl::Entry> in_order(std::vector<crypto::Crl::Entry> entries) {
  std::ranges::sort(entries, {}, &crypto::Crl::Entry::serial);
  return entries;
}

/// What a process that was killed while it wrote has left behind.
void remove_leftovers(const std::filesystem::path& file) {
  const std::string temporary = "." + file.filename().string() + ".";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(file.parent_path(), ignored))
    if (entry.path().filename().string().starts_with(temporary)) std::filesystem::remove(entry, ignored);
}

}  // namespace

CrlFile::CrlFile(Options options, crypto::Identity ca, Metrics& metrics, Log& log)
    : options_(std::move(options)), ca_(std::move(ca)), metrics_(metrics), log_(log) {
  remove_leftovers(options_.file);
  read();
}

void CrlFile::read() {
  std::error_code missing;
  if (!std::filesystem::exists(options_.file, missing)) return;
  std::ifstream file(options_.file, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto found = crypto::read_crl(crypto::as_bytes(pem), ca_.certificate);
  if (!found) return complain("the CRL that is there is of no use", found.error().what);
  known_ = written_ = in_order(std::move(found->entries));
  next_update_ = found->next_update;
  metrics_.crl_written(next_update_, written_->size());
}

registry::Result<bool> CrlFile::step(registry::Registry& registry) {
  const auto learned = learn(registry);
  if (known_ && is_due(current_time())) write(current_time());
  if (broker_has_to_be_told_) tell_broker();
  if (!learned) return std::unexpected(learned.error());
  return false;
}

registry::Result<void> CrlFile::learn(registry::Registry& registry) {
  const auto stamp = registry.revocation_stamp();
  if (!stamp) return std::unexpected(stamp.error());
  const auto at = std::chrono::steady_clock::now();
  if (*stamp == stamp_ && at < next_full_look_) return {};
  const auto revoked = registry.load_revoked();
  if (!revoked) return std::unexpected(revoked.error());
  Entries entries;
  entries.reserve(revoked->size());
  for (const auto& [serial, when] : *revoked)
    entries.push_back({serial, std::chrono::floor<std::chrono::seconds>(when)});
  known_ = in_order(std::move(entries));
  stamp_ = *stamp;
  next_full_look_ = at + full_look_interval;
  return {};
}

bool CrlFile::is_due(crypto::Time now) const {
  std::error_code ignored;
  return written_ != known_ || now >= next_update_ - options_.lifetime * 2 / 3 ||
         !std::filesystem::exists(options_.file, ignored);
}

void CrlFile::write(crypto::Time now) {
  const crypto::Time next_update = now + options_.lifetime;
  const auto pem = crypto::sign_crl(ca_, {*known_, now - backdated, next_update}, number_now());
  if (!pem) return complain("the CRL cannot be signed", pem.error().what);
  failpoint("in_crl_write");
  const auto placed = crypto::replace_file(options_.file, crypto::as_bytes(*pem), readable_by_all);
  if (!placed) return complain("the CRL cannot be written", placed.error().what);
  written_ = known_;
  next_update_ = next_update;
  broker_has_to_be_told_ = !options_.reload_command.empty();
  metrics_.crl_written(next_update_, written_->size());
  log_.info("the CRL is written", {{"entries", static_cast<std::int64_t>(written_->size())}});
}

void CrlFile::tell_broker() {
  if (const auto told = run_command(options_.reload_command, reload_limit); !told)
    return complain("the broker was not told of the new CRL", told.error());
  broker_has_to_be_told_ = false;
}

void CrlFile::complain(std::string_view what, std::string_view reason) {
  metrics_.crl_failed();
  log_.error(what, {{"file", options_.file.string()}, {"reason", reason}});
}

}  // namespace latchkey::service
