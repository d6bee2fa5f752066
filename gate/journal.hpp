#pragma once

#include "gate/compactor.hpp"

namespace latchkey::gate {

/// What the gate was told, on disk, so that it holds while the service is away: statements are appended to a
/// file; when it is long, another one goes on, and a thread makes the earlier ones one short file.
class Journal {
 public:
  /// Reads what is there into the tables. Where it is missing or damaged the tables are empty, the journal
  /// starts afresh, and `why_closed` says why. Throws std::runtime_error with a sentence if the folder cannot
  /// be used.
  Journal(const std::string& folder, std::size_t most_entries, Tables& tables);

  /// Why the gate has to stay closed until it was told everything; empty: it need not.
  [[nodiscard]] const std::string& why_closed() const { return why_closed_; }

  /// Adds a statement that was made in this epoch. It is written by `flush`.
  void add(std::uint64_t epoch, std::string_view statement) { pending_.add(epoch, statement); }
  void add(const Statement& statement) { pending_.add(statement); }
  /// Writes what was added. If that fails the journal is lost: a restart finds the gate closed.
  void flush();
  [[nodiscard]] bool is_lost() const { return !file_; }
  /// Begins again with nothing, after it was lost.
  void start_afresh();
  /// A complaint of the thread, once; empty: none.
  [[nodiscard]] std::string complaint() { return compactor_.complaint(); }

  /// From this size on, in bytes, another file goes on, if the last compaction did not leave more.
  static constexpr std::size_t longest_file = 4 << 20;

 private:
  [[nodiscard]] std::string load(std::size_t most_entries, Tables& tables);
  void continue_file(std::uint64_t number, std::size_t whole_bytes);
  void go_on();
  void lose();

  Folder folder_;
  std::string why_closed_;
  std::uint64_t number_ = 0;
  File file_;
  std::size_t bytes_ = 0;
  JournalText pending_;
  Compactor compactor_;  // last: its thread uses the folder
};

}  // namespace latchkey::gate
