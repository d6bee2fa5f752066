#pragma once

#include "gate/files.hpp"
#include "gate/journal_text.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::gate {

/// The result of `load_files`.
struct Loaded {
  std::string problem;  ///< empty: the files are complete and unchanged
  bool is_open = false;
  std::uint64_t last = 0;       ///< the last file's number
  std::size_t whole_bytes = 0;  ///< size of the last file without an incomplete last line
};
/// Reads the newest base and the journal files after it into the tables: all of them, or those up to `last`.
[[nodiscard]] Loaded load_files(const Folder& folder, Tables& tables, std::optional<std::uint64_t> last);

/// A thread beside the broker's: it syncs files to disk, and merges finished files into one. It reads what it
/// merges from the files, so it shares no tables with the broker's thread.
class Compactor {
 public:
  Compactor() = default;
  ~Compactor();
  void start(const Folder& folder);

  /// Syncs the file to disk soon.
  void sync(int descriptor);
  /// Merges the files up to this number, which are finished, into one.
  void compact(std::uint64_t last);
  /// Removes the files below this number.
  void remove_below(std::uint64_t number);
  [[nodiscard]] std::size_t base_bytes() const { return base_bytes_; }
  [[nodiscard]] bool is_busy() const { return is_busy_; }
  [[nodiscard]] std::string complaint();

 private:
  void run();
  void make_base(std::uint64_t last);
  void remove_files_below(std::uint64_t number) const;
  void complain(std::string text);

  const Folder* folder_ = nullptr;
  std::atomic<std::size_t> base_bytes_ = 0;
  std::atomic<bool> is_busy_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  File to_sync_;
  std::uint64_t to_compact_ = 0;
  std::uint64_t to_keep_ = 0;
  std::string complaint_;
  std::thread thread_;
};

}  // namespace latchkey::gate
