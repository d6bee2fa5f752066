#pragma once

#include "crypto/crl.hpp"
#include "registry/registry.hpp"
#include "registry/revocation.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service {

/// Writes the certificate revocation lists for a broker: one for each device CA, all in one file. An expired
/// list, or one dated in the broker's future, makes the broker refuse every device of its CA. So the lists
/// are renewed after a third of their lifetime, even while the database is unreachable, and dated by the
/// database's clock, which all replicas share. The file is replaced atomically. For one thread.
class CrlFile {
 public:
  struct Options {
    std::filesystem::path file;
    std::chrono::seconds lifetime{};
    std::string reload_command;  ///< empty: none
  };

  /// What changes when somebody writes the file.
  struct Look {
    std::filesystem::file_time_type changed_at;
    std::uintmax_t size = 0;
    bool operator==(const Look&) const = default;
  };

  /// Reads the existing file. Lists of CAs that are not in `cas` are kept unchanged.
  CrlFile(Options options, std::vector<crypto::Identity> cas, Metrics& metrics, Log& log);

  /// Call when something may have been revoked, and every few seconds. False: nothing more to do now. A
  /// failure is logged, counted and tried again by the next call.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry);
  /// The file has all that the last step found to be revoked, and the reload command succeeded since.
  [[nodiscard]] bool is_current() const { return known_ && written_ == known_ && !reload_is_due_; }

 private:
  using Entries = std::vector<crypto::Crl::Entry>;
  using Lists = std::vector<Entries>;  ///< one a CA, in the order of `cas_`
  struct SeenClock {
    registry::Clock database;
    std::chrono::steady_clock::time_point at;
  };

  /// A list, and which of `cas_` signed it.
  struct Found {
    std::size_t ca = 0;
    crypto::Crl list;
  };

  void read();
  /// The file was removed, cut off or replaced, or another process writes it too.
  void read_what_others_wrote();
  /// `refused` if none of `cas_` signed it.
  [[nodiscard]] crypto::Result<Found> read_list(std::string_view pem) const;
  [[nodiscard]] registry::Result<void> load_revoked(registry::Registry& registry);
  [[nodiscard]] Lists by_ca(const std::vector<registry::RevokedCertificate>& revoked);
  /// The database's clock, continued by ours while the database is unreachable; nothing before the first
  /// contact.
  [[nodiscard]] std::optional<crypto::Time> database_now() const;
  [[nodiscard]] bool is_due() const;
  void write();
  [[nodiscard]] crypto::Result<std::string> sign(crypto::Time this_update, crypto::Time next_update,
                                                 std::uint64_t number) const;
  void run_reload_command();
  void complain(std::string_view what, std::string_view reason);

  const Options options_;
  const std::vector<crypto::Identity> cas_;  ///< the current one first
  Metrics& metrics_;
  Log& log_;
  std::optional<Lists> known_;    ///< what the file must contain; nothing: not known yet
  std::optional<Lists> written_;  ///< what the file contains
  std::optional<Look> seen_;      ///< when this service last read or wrote the file; nothing: there was none
  std::string foreign_;           ///< lists of other CAs, PEM
  crypto::Time this_update_;      ///< the latest of the lists in the file
  crypto::Time next_update_;      ///< the earliest
  std::uint64_t number_ = 0;      ///< the greatest
  std::size_t unlisted_ = 0;      ///< revoked certificates of unknown CAs
  std::string stamp_;
  std::optional<SeenClock> clock_;
  std::chrono::steady_clock::time_point next_full_check_;
  bool reload_is_due_ = false;
};

}  // namespace latchkey::service
