#include "service/access/crl_file.hpp"

#include "base/command.hpp"
#include "base/failpoint.hpp"
#include "service/issuing/issue.hpp"
#include "service/observability/timestamp.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace latchkey::service {
namespace {

using Steady = std::chrono::steady_clock;

// A broker with a slow clock takes a list dated in its future for invalid and refuses every device.
constexpr std::chrono::hours backdated{1};
constexpr std::chrono::seconds reload_limit{5};
// The registry's stamp does not change for replaced certificates, which some groups want on the list.
constexpr std::chrono::seconds full_check_interval{60};
constexpr unsigned readable_by_all = 0644;

std::uint64_t number_at(crypto::Time time) {
  return static_cast<std::uint64_t>(std::chrono::milliseconds(time.time_since_epoch()).count());
}

std::vector<crypto::Crl::Entry> in_order(std::vector<crypto::Crl::Entry> entries) {
  std::ranges::sort(entries, {}, &crypto::Crl::Entry::serial);
  return entries;
}

/// Removes temporary files of a process that was killed while it wrote.
void remove_leftovers(const std::filesystem::path& file) {
  const std::string temporary = "." + file.filename().string() + ".";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(file.parent_path(), ignored))
    if (entry.path().filename().string().starts_with(temporary)) std::filesystem::remove(entry, ignored);
}

/// The PEM blocks of a file, one for each list.
std::vector<std::string> lists_in(std::string_view pem) {
  constexpr std::string_view end = "-----END X509 CRL-----\n";
  std::vector<std::string> lists;
  while (!pem.empty()) {
    const std::size_t found = pem.find(end);
    const std::size_t size = found == std::string_view::npos ? pem.size() : found + end.size();
    lists.emplace_back(pem.substr(0, size));
    pem.remove_prefix(size);
  }
  return lists;
}

/// Nothing if it does not exist.
std::optional<CrlFile::Look> look_at(const std::filesystem::path& file) {
  std::error_code missing;
  const auto changed_at = std::filesystem::last_write_time(file, missing);
  const auto size = std::filesystem::file_size(file, missing);
  if (missing) return std::nullopt;
  return CrlFile::Look{changed_at, size};
}

std::size_t count(const std::vector<std::vector<crypto::Crl::Entry>>& lists) {
  std::size_t all = 0;
  for (const auto& entries : lists)
    all += entries.size();
  return all;
}

}  // namespace

CrlFile::CrlFile(Options options, std::vector<crypto::Identity> cas, Metrics& metrics, Log& log)
    : options_(std::move(options)), cas_(std::move(cas)), metrics_(metrics), log_(log) {
  remove_leftovers(options_.file);
  read();
}

void CrlFile::read() {
  seen_ = look_at(options_.file);
  written_.reset();
  if (!seen_) return foreign_.clear();
  std::ifstream file(options_.file, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::optional<Entries>> entries(cas_.size());
  std::string foreign;
  bool whole = true;
  next_update_ = crypto::Time::max();
  for (const std::string& text : lists_in(pem)) {
    auto found = read_list(text);
    if (!found) {
      complain("the file has a CRL that this service cannot renew", found.error().what);
      if (found.error().fault == crypto::Fault::refused)
        foreign += text;
      else
        whole = false;
      continue;
    }
    entries[found->ca] = in_order(std::move(found->list.entries));
    this_update_ = std::max(this_update_, found->list.this_update);
    next_update_ = std::min(next_update_, found->list.next_update);
    number_ = std::max(number_, found->list.number);
  }
  // Of a damaged file, the lists that nobody here can make again are those that were read before.
  if (whole || foreign_.empty()) foreign_ = std::move(foreign);
  if (!whole || !std::ranges::all_of(entries, [](const auto& list) { return list.has_value(); })) return;
  written_.emplace();
  for (auto& list : entries)
    written_->push_back(*std::move(list));
  if (!known_) known_ = written_;
  metrics_.crl_written(next_update_, count(*written_));
}

crypto::Result<CrlFile::Found> CrlFile::read_list(std::string_view pem) const {
  crypto::Result<Found> found = std::unexpected(crypto::Error{
      crypto::Fault::refused,
      "neither pki.device_ca_file nor crl.previous_ca_file has its CA; the list stays in the file, and "
      "when it expires the broker refuses every device of that CA"});
  for (std::size_t ca = 0; ca < cas_.size(); ++ca) {
    auto list = crypto::read_crl(crypto::as_bytes(pem), cas_[ca].certificate);
    if (list) return Found{ca, *std::move(list)};
    if (list.error().fault == crypto::Fault::malformed) found = std::unexpected(std::move(list.error()));
  }
  return found;
}

registry::Result<bool> CrlFile::step(registry::Registry& registry) {
  const auto look = look_at(options_.file);
  // A file that was removed as soon as it was written was never seen.
  const bool is_lost = !look && written_;
  if (is_lost || look != seen_) read_what_others_wrote();
  const auto learned = load_revoked(registry);
  if (known_ && is_due()) write();
  if (reload_is_due_) run_reload_command();
  if (!learned) return std::unexpected(learned.error());
  return false;
}

void CrlFile::read_what_others_wrote() {
  log_.warning("the file of the CRL was changed by somebody else", {{"file", options_.file.string()}});
  const std::uint64_t number = number_;
  read();
  // Another replica may know more than this one, if this one does not reach the registry. A list that was put
  // back has an older number.
  if (written_ && number_ > number) {
    known_ = written_;
    next_full_check_ = {};
  }
  reload_is_due_ = !options_.reload_command.empty();
}

registry::Result<void> CrlFile::load_revoked(registry::Registry& registry) {
  const auto state = registry::revocation_state(registry);
  if (!state) return std::unexpected(state.error());
  const auto at = Steady::now();
  clock_ = {state->now, at};
  if (state->stamp == stamp_ && at < next_full_check_) return {};
  const auto revoked = registry::load_revoked(registry);
  if (!revoked) return std::unexpected(revoked.error());
  known_ = by_ca(*revoked);
  stamp_ = state->stamp;
  next_full_check_ = at + full_check_interval;
  return {};
}

CrlFile::Lists CrlFile::by_ca(const std::vector<registry::RevokedCertificate>& revoked) {
  Lists lists(cas_.size());
  std::size_t unlisted = 0;
  for (const auto& [serial, at, issuer] : revoked) {
    bool listed = false;
    for (std::size_t ca = 0; ca < cas_.size(); ++ca) {
      // A certificate of unknown issuer goes on every list: its serial is unique.
      if (issuer && *issuer != issuer_id(cas_[ca].key.public_key().fingerprint())) continue;
      lists[ca].push_back({serial, std::chrono::floor<std::chrono::seconds>(at)});
      listed = true;
    }
    if (!listed) ++unlisted;
  }
  if (unlisted > unlisted_)
    complain(
        "revoked certificates are on no CRL",
        std::to_string(unlisted) +
            " certificates are of a CA that is neither in pki.device_ca_file nor in crl.previous_ca_file");
  unlisted_ = unlisted;
  for (Entries& entries : lists)
    entries = in_order(std::move(entries));
  return lists;
}

std::optional<crypto::Time> CrlFile::database_now() const {
  if (!clock_) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(
      clock_->database + std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - clock_->at));
}

bool CrlFile::is_due() const {
  if (written_ != known_) return true;
  const auto now = database_now();
  const bool from_the_future =
      now && (this_update_ > *now || next_update_ > *now + options_.lifetime + backdated);
  return from_the_future || now.value_or(current_time()) >= next_update_ - options_.lifetime * 2 / 3;
}

void CrlFile::write() {
  const auto database = database_now();
  const crypto::Time now = database.value_or(current_time());
  // Without the database's clock this machine's may be far ahead: never date the lists later than the
  // previous ones.
  const crypto::Time this_update = database ? now - backdated : std::min(this_update_, now - backdated);
  const crypto::Time next_update = now + options_.lifetime;
  const std::uint64_t number = std::max(number_ + 1, number_at(now));
  const auto pem = sign(this_update, next_update, number);
  if (!pem) return complain("the CRL cannot be signed", pem.error().what);
  failpoint("in_crl_write");
  const auto placed = crypto::replace_file(options_.file, crypto::as_bytes(*pem), readable_by_all);
  if (!placed) return complain("the CRL cannot be written", placed.error().what);
  seen_ = look_at(options_.file);
  written_ = known_;
  this_update_ = this_update;
  next_update_ = next_update;
  number_ = number;
  reload_is_due_ = !options_.reload_command.empty();
  const std::size_t entries = count(*written_);
  metrics_.crl_written(next_update_, entries);
  log_.info("the CRL is written", {{"entries", static_cast<std::int64_t>(entries)}});
}

crypto::Result<std::string> CrlFile::sign(crypto::Time this_update, crypto::Time next_update,
                                          std::uint64_t number) const {
  std::string all;
  for (std::size_t ca = 0; ca < cas_.size(); ++ca) {
    auto pem = crypto::sign_crl(cas_[ca], {(*known_)[ca], this_update, next_update, number});
    if (!pem) return pem;
    all += *pem;
  }
  return all + foreign_;
}

void CrlFile::run_reload_command() {
  if (const auto reloaded = run_command(options_.reload_command, reload_limit); !reloaded)
    return complain("the broker was not told of the new CRL", reloaded.error());
  reload_is_due_ = false;
}

void CrlFile::complain(std::string_view what, std::string_view reason) {
  metrics_.crl_failed();
  log_.error(what, {{"file", options_.file.string()}, {"reason", reason}});
}

}  // namespace latchkey::service
