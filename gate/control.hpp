#pragma once

#include "gate/journal.hpp"

#include <unordered_map>
#include <utility>

namespace latchkey::gate {

/// The control protocol (docs/gate.md): parses a message on `$CONTROL/latchkey/v1`, applies it and answers.
class Control {
 public:
  Control(Tables& tables, Journal& journal) : tables_(tables), journal_(journal) {
    is_open_ = has_all_ = journal.why_closed().empty();
  }

  /// The answer to a message of this connection. Nothing if the message has no readable first line, because
  /// an answer without its correlation is of no use. `to_end`: the number of sessions that are still to end.
  [[nodiscard]] std::optional<std::string> take(const std::string& client, std::string_view message,
                                                std::size_t to_end = 0);
  /// The connection has ended: drops its snapshot.
  void ended(const std::string& client) { snapshots_.erase(client); }
  /// Compares one part of the tables with the last complete snapshot, and drops entries that were not in it.
  /// False if no part is left.
  bool sweep();
  /// Drops entries of one part of the tables that no longer have an effect.
  void drop_outdated();

  /// False until the service has sent everything once.
  [[nodiscard]] bool is_open() const { return is_open_; }
  /// The devices whose access has changed since the last call.
  [[nodiscard]] std::vector<std::string> take_changed() { return std::exchange(changed_, {}); }

  static constexpr std::size_t longest_message = 4096;

 private:
  struct Snapshot {
    std::uint32_t number = 0;
    Stamp floor;
    std::uint64_t journal = 0;  ///< the journal that was there when it began
    std::uint64_t lines = 0;
  };
  struct Line {
    Statement statement;
    std::string_view text;
  };
  struct Counts {
    std::size_t applied = 0;
    std::size_t old = 0;
    std::string no_room;  ///< the numbers of the lines that were not applied for want of room
  };
  using Answer = std::string;

  [[nodiscard]] static std::optional<std::vector<Line>> read_lines(std::string_view text);
  [[nodiscard]] Answer execute(const std::string& client, std::uint64_t epoch, std::span<const Line> lines);
  [[nodiscard]] std::optional<Answer> refusal(const std::string& client, std::uint64_t epoch,
                                              std::span<const Line> lines) const;
  void apply(const Line& line, std::size_t number, Snapshot* snapshot, Counts& counts);
  void begin(const std::string& client, std::uint64_t epoch, std::uint64_t floor);
  void complete(const std::string& client);
  void drop(const std::vector<Forget>& names);
  void note_change(const Statement& statement);
  [[nodiscard]] std::string state(std::size_t to_end) const;

  Tables& tables_;
  Journal& journal_;
  bool is_open_ = false;
  bool has_all_ = false;        ///< the journal has all that the tables have, unless it was lost
  std::uint64_t journals_ = 0;  ///< how many were begun after one was lost
  std::unordered_map<std::string, Snapshot> snapshots_;
  std::optional<Snapshot> to_sweep_;
  std::size_t swept_ = 0;
  std::size_t aged_ = 0;
  std::vector<std::string> changed_;
};

}  // namespace latchkey::gate
