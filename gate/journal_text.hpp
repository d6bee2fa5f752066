#pragma once

#include "gate/tables.hpp"

#include <utility>

namespace latchkey::gate {

/// The text of one journal file: a statement a line, each after its checksum.
class JournalText {
 public:
  /// Adds the line of a statement that was made in this epoch.
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

/// What a file was found to be.
struct JournalRead {
  const char* problem = nullptr;  ///< nothing: every line is as it was written
  std::uint64_t number = 0;
  bool is_fresh = false;
  bool has_end = false;         ///< another file goes on
  std::size_t whole_bytes = 0;  ///< without a last line that was cut short
};

/// Reads a file's text into the tables. `is_open` becomes true where a snapshot was completed, and false
/// where the file starts afresh. Reads up to the first problem.
[[nodiscard]] JournalRead read_journal(std::string_view text, Tables& tables, bool& is_open);

}  // namespace latchkey::gate
