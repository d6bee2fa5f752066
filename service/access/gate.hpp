#pragma once

#include "service/access/access_list.hpp"
#include "service/access/gate_protocol.hpp"

#include <map>

namespace latchkey::service::access {

/// The gate, our plugin of Mosquitto (docs/gate.md). The registry counts the versions of what the gate has to
/// know of each device, and which of them it was not told; so a comparison reads changes only. After each
/// connect all is walked through: first to compare digests, then, if they differ, to say it as a snapshot.
class Gate : public AccessMode {
 public:
  explicit Gate(AccessList& list) : list_(list) {}

  [[nodiscard]] Done connected() override;
  [[nodiscard]] Done compare() override;
  [[nodiscard]] Done advance() override;
  [[nodiscard]] bool has_more() const override { return has_untold_ || walk_.has_value(); }
  void start_over() override { walk_.reset(); }

 private:
  /// Through all that the gate has to know, by pages.
  struct Walk {
    bool is_snapshot = false;  ///< not: to compare digests only
    std::string after;         ///< the last device so far
    std::uint64_t digest = 0;  ///< what the gate's should be
    std::size_t told = 0;      ///< statements since the snapshot began
    std::int64_t epoch = 0;
  };

  [[nodiscard]] Done say(std::int64_t epoch, std::span<const Statement> statements);
  [[nodiscard]] Done take_over(std::int64_t epoch);
  [[nodiscard]] Done begin_snapshot(std::int64_t epoch);
  /// Tells the gate what the registry says of these devices, and records it.
  [[nodiscard]] Done tell(const registry::GateAccess& access);
  [[nodiscard]] Done tell_untold();
  [[nodiscard]] Done open_waiting();
  [[nodiscard]] Done walk_on();
  [[nodiscard]] Done end_walk();
  [[nodiscard]] Done await_ends();
  void answer(Openings::Waiting& one, const std::map<std::string, const registry::GateEntry*>& told);

  AccessList& list_;
  GateAnswer last_;  ///< the gate's last answer
  std::optional<Walk> walk_;
  bool has_untold_ = false;                            ///< there may be more than was loaded
  bool is_compared_ = false;                           ///< a walk has ended on this connection
  std::chrono::steady_clock::time_point snapshot_at_;  ///< when the last one began
};

}  // namespace latchkey::service::access
