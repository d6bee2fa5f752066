#pragma once

#include "gate/files.hpp"
#include "gate/journal_text.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::gate {

/// Reads `base` and the journal files after it, up to the last or to `last`, into the tables.
struct Loaded {
  std::string problem;  ///< empty: all is as it was written
  bool is_open = false;
  std::uint64_t last = 0;       ///< the last file's number
  std::size_t whole_bytes = 0;  ///< of the last file
};
[[nodiscard]] Loaded load_files(const Folder& folder, Tables& tables, std::optional<std::uint64_t> last);

/// The thread beside the broker's: has files written to the disk, and makes many files one. It reads files
/// only and shares nothing with the broker's thread.
class Compactor {
 public:
  Compactor() = default;
  ~Compactor();
  void start(const Folder& folder, std::size_t most_entries);

  /// Something was written to the file: it is on the disk soon.
  void sync(int descriptor);
  /// The files up to this number are finished: makes them one.
  void compact(std::uint64_t last);
  /// The files below this number are of no use.
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
  std::size_t most_entries_ = 0;
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
