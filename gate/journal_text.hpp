#pragma once

#include "gate/tables.hpp"

#include <utility>

namespace latchkey::gate {

/// The text of one journal file. Each line is a checksum and a statement.
class JournalText {
 public:
  /// Adds the line of a statement of this epoch.
  void add(std::uint64_t epoch, std::string_view statement);
  /// Adds a line about the file itself.
  void add(const Statement& statement);
  [[nodiscard]] std::string take() { return std::exchange(text_, {}); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  void add_line(std::string_view statement);

  std::string text_;
  std::optional<std::uint64_t> epoch_;
};

/// What was found in a file.
struct JournalRead {
  const char* problem = nullptr;  ///< nullptr: every line has the right checksum
  std::uint64_t number = 0;
  bool is_fresh = false;
  bool has_end = false;         ///< another file follows
  std::size_t whole_bytes = 0;  ///< without an incomplete last line
};

/// Reads a file's text into the tables, up to the first problem. `is_open` becomes true at the end of a
/// snapshot, and false at the start of a file before which nothing counts.
[[nodiscard]] JournalRead read_journal(std::string_view text, Tables& tables, bool& is_open);

}  // namespace latchkey::gate
