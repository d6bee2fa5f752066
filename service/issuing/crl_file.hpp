#pragma once

#include "crypto/crl.hpp"
#include "registry/registry.hpp"
#include "service/log.hpp"
#include "service/metrics.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace latchkey::service {

/// Keeps the list of revoked certificates on disk for a broker that reads one. A list that expires locks
/// every device out, so it is renewed at a third of its life, also while the database is away, then with what
/// is known. The file is replaced whole or not at all. For one thread.
class CrlFile {
 public:
  struct Options {
    std::filesystem::path file;
    std::chrono::seconds lifetime{};
    std::string reload_command;  ///< empty: none
  };

  /// Goes on from the list that is there, if there is one of this CA.
  CrlFile(Options options, crypto::Identity ca, Metrics& metrics, Log& log);

  /// To be called whenever something may have been revoked, and every few seconds. False: there is no more to
  /// do now. What cannot be done is logged, counted, and tried again by the next call.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry);

 private:
  using Entries = std::vector<crypto::Crl::Entry>;

  void read();
  [[nodiscard]] registry::Result<void> learn(registry::Registry& registry);
  [[nodiscard]] bool is_due(crypto::Time now) const;
  void write(crypto::Time now);
  void tell_broker();
  void complain(std::string_view what, std::string_view reason);

  const Options options_;
  const crypto::Identity ca_;
  Metrics& metrics_;
  Log& log_;
  std::optional<Entries> known_;    ///< what has to stand in the file; nothing: not known yet
  std::optional<Entries> written_;  ///< what stands there
  crypto::Time next_update_;
  std::string stamp_;
  std::chrono::steady_clock::time_point next_full_look_;
  bool broker_has_to_be_told_ = false;
};

}  // namespace latchkey::service
