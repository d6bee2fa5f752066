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

/// Keeps the lists of revoked certificates on disk for a broker that reads them: one a device CA, all in one
/// file. A list that expires, or that comes from the broker's future, locks every device of its CA out. So
/// they are renewed at a third of their life, also while the database is away, then with what is known; and
/// they are dated by the database's clock, which many machines share, never by a clock of this machine that
/// nobody else sees. The file is replaced whole or not at all. For one thread.
class CrlFile {
 public:
  struct Options {
    std::filesystem::path file;
    std::chrono::seconds lifetime{};
    std::string reload_command;  ///< empty: none
  };

  /// Goes on from the lists that are there. Those of a CA that is none of `cas` stay as they are.
  CrlFile(Options options, std::vector<crypto::Identity> cas, Metrics& metrics, Log& log);

  /// To be called whenever something may have been revoked, and every few seconds. False: there is no more to
  /// do now. What cannot be done is logged, counted, and tried again by the next call.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry);

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
  /// `refused` if none of `cas_` signed it.
  [[nodiscard]] crypto::Result<Found> read_list(std::string_view pem) const;
  [[nodiscard]] registry::Result<void> learn(registry::Registry& registry);
  [[nodiscard]] Lists by_ca(const std::vector<registry::RevokedCertificate>& revoked);
  /// The database's clock, which goes on here while it is away; nothing: it was not reached yet.
  [[nodiscard]] std::optional<crypto::Time> database_now() const;
  [[nodiscard]] bool is_due() const;
  void write();
  [[nodiscard]] crypto::Result<std::string> sign(crypto::Time this_update, crypto::Time next_update,
                                                 std::uint64_t number) const;
  void run_reload_command();
  void complain(std::string_view what, std::string_view reason);

  const Options options_;
  const std::vector<crypto::Identity> cas_;  ///< the present one first
  Metrics& metrics_;
  Log& log_;
  std::optional<Lists> known_;    ///< what has to stand in the file; nothing: not known yet
  std::optional<Lists> written_;  ///< what stands there
  std::string foreign_;           ///< lists of other CAs, PEM
  crypto::Time this_update_;      ///< the latest of those that are written
  crypto::Time next_update_;      ///< the earliest
  std::uint64_t number_ = 0;      ///< the greatest
  std::size_t unlisted_ = 0;      ///< revoked certificates of CAs that are not known
  std::string stamp_;
  std::optional<SeenClock> clock_;
  std::chrono::steady_clock::time_point next_full_look_;
  bool reload_is_due_ = false;
};

}  // namespace latchkey::service
