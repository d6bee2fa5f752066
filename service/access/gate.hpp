#pragma once

#include "service/access/access_list.hpp"
#include "service/access/gate_protocol.hpp"

#include <map>

namespace latchkey::service::access {

/// The gate, Latchkey's plugin for Mosquitto (docs/gate.md). The registry has a version of each device's
/// access, and whether the gate was told that version; so a comparison reads changes only. After each connect
/// all entries are read once to compare digests, and, if these differ, once more to send a snapshot.
class Gate : public AccessMode {
 public:
  /// `topics` must outlive this.
  Gate(AccessList& list, const protocol::Topics& topics) : list_(list), topics_(topics) {}

  [[nodiscard]] Done connected() override;
  [[nodiscard]] Done compare() override;
  [[nodiscard]] Done advance() override;
  [[nodiscard]] bool has_more() const override { return has_untold_ || walk_.has_value(); }
  [[nodiscard]] bool tells_rights() const override { return true; }
  void start_over() override { walk_.reset(); }

 private:
  /// Reads all that the gate must know, page by page.
  struct Walk {
    bool is_snapshot = false;  ///< false: only to compare digests
    std::string after;         ///< the last device so far
    std::uint64_t digest = 0;  ///< of what was read so far
    std::size_t told = 0;      ///< statements since the snapshot began
    std::int64_t epoch = 0;
  };

  [[nodiscard]] Done say(std::int64_t epoch, std::span<const Statement> statements);
  [[nodiscard]] Done take_over(std::int64_t epoch);
  [[nodiscard]] Done begin_snapshot(std::int64_t epoch);
  /// Tells the gate what the registry says of these devices, and records it. Removes what it has no room for.
  [[nodiscard]] Done tell(registry::GateAccess& access);
  void leave_out(registry::GateAccess& access);
  void say_whether_up_to_date();
  [[nodiscard]] Done tell_untold();
  [[nodiscard]] Done open_waiting();
  [[nodiscard]] Done walk_on();
  [[nodiscard]] Done end_walk();
  [[nodiscard]] Done await_ends();
  void answer(Openings::Waiting& one, const std::map<std::string, const registry::GateEntry*>& told);

  AccessList& list_;
  const protocol::Topics& topics_;
  GateAnswer last_;          ///< the gate's last answer
  Statements without_room_;  ///< of the last statements, those that the gate has no room for
  std::optional<Walk> walk_;
  bool has_untold_ = false;                            ///< there may be more than was loaded
  bool lacks_room_ = false;                            ///< for something since the last snapshot began
  bool is_compared_ = false;                           ///< a walk has ended on this connection
  std::chrono::steady_clock::time_point snapshot_at_;  ///< when the last one began
};

}  // namespace latchkey::service::access
