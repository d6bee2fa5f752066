#pragma once

#include "gate/compactor.hpp"

namespace latchkey::gate {

/// What the gate was told, on disk, so that it survives a restart of the broker while the service is away.
/// Statements are appended to a file. When the file is long, the journal begins another one, and a thread
/// merges the earlier ones into one short file.
class Journal {
 public:
  /// Reads the files into the tables. If they are missing or damaged, the tables become empty, the journal
  /// begins anew, and `why_closed` says why. On a disk that is full it is lost from the beginning. Throws
  /// std::runtime_error with a sentence if the folder cannot be used.
  Journal(const std::string& folder, std::size_t most_entries, Tables& tables);

  /// Why the gate must stay closed until it was told everything; empty: it may open.
  [[nodiscard]] const std::string& why_closed() const { return why_closed_; }

  /// Adds a statement of this epoch. `flush` writes it.
  void add(std::uint64_t epoch, std::string_view statement) { pending_.add(epoch, statement); }
  void add(const Statement& statement) { pending_.add(statement); }
  /// Writes what was added. If that fails, the journal is lost: it is emptied, so after a restart the gate is
  /// closed.
  void flush();
  [[nodiscard]] bool is_lost() const { return !file_; }
  /// Begins a new, empty journal after the last one was lost.
  void start_afresh();
  /// A new problem of the thread, for the log; empty: none.
  [[nodiscard]] std::string complaint() { return compactor_.complaint(); }

  /// A file larger than this, in bytes, and than the last base, is followed by another file.
  static constexpr std::size_t longest_file = 4 << 20;

 private:
  [[nodiscard]] std::string load(Tables& tables);
  void continue_file(std::uint64_t number, std::size_t whole_bytes);
  void go_on();
  void lose();

  Folder folder_;
  std::string why_closed_;
  std::uint64_t number_ = 0;
  File file_;
  std::size_t bytes_ = 0;
  int fault_ = 0;  // of the system: why the journal was lost last
  JournalText pending_;
  Compactor compactor_;  // last: its thread uses the folder
};

}  // namespace latchkey::gate
