#include "gate/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace latchkey::gate {

Journal::Journal(const std::string& folder, std::size_t most_entries, Tables& tables) {
  if (const auto fault = Folder::open(folder, folder_)) throw std::runtime_error(*fault);
  compactor_.start(folder_);
  tables.set_bound(Tables::no_bound);
  why_closed_ = load(tables);
  tables.set_bound(most_entries);
  if (is_lost()) start_afresh();
  // A full disk must not keep the broker down: the gate is closed, and the service begins a journal later.
  if (is_lost() && fault_ != ENOSPC && fault_ != EDQUOT)
    throw std::runtime_error("state: the folder " + folder + " cannot be written: " + std::strerror(fault_));
}

std::string Journal::load(Tables& tables) {
  const Loaded loaded = load_files(folder_, tables, std::nullopt);
  for (const char* const kind : {"journal", "base"})
    for (const std::uint64_t number : folder_.numbers(kind))
      number_ = std::max(number_, number);
  if (loaded.problem.empty()) {
    continue_file(loaded.last, loaded.whole_bytes);
    return loaded.is_open ? "" : "the service has never said everything";
  }
  tables = Tables(Tables::no_bound);
  return "the journal is missing or damaged: " + loaded.problem;
}

void Journal::continue_file(std::uint64_t number, std::size_t whole_bytes) {
  number_ = number;
  file_ = File(::open(folder_.name("journal", number).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (file_ && ::ftruncate(file_.descriptor(), static_cast<off_t>(whole_bytes)) != 0) file_ = File();
  bytes_ = whole_bytes;
}

void Journal::start_afresh() {
  file_ = folder_.create("journal", ++number_);
  if (!file_) fault_ = errno;
  bytes_ = 0;
  pending_ = JournalText();
  if (!file_) return;
  pending_.add(FileStart{number_, true});
  flush();
  if (!is_lost()) compactor_.remove_below(number_);
}

void Journal::flush() {
  const std::string text = pending_.take();
  if (text.empty() || is_lost()) return;
  if (!file_.write(text)) {
    fault_ = errno;
    lose();
    return;
  }
  bytes_ += text.size();
  compactor_.sync(file_.descriptor());
  if (bytes_ > std::max(longest_file, compactor_.base_bytes()) && !compactor_.is_busy()) go_on();
}

/// Begins the next file. It is written before the old file says that another one follows. So after a crash in
/// between, the new file does not count.
void Journal::go_on() {
  File next = folder_.create("journal", number_ + 1);
  JournalText start;
  start.add(FileStart{number_ + 1, false});
  JournalText end;
  end.add(FileEnd{});
  if (!next || !next.write(start.take())) return;
  if (!file_.write(end.take())) {
    lose();
    return;
  }
  compactor_.sync(file_.descriptor());
  file_ = std::move(next);
  bytes_ = 0;
  pending_ = JournalText();
  compactor_.compact(number_++);
}

/// Empties the file, because it lacks statements that are in effect: a restart must not rely on it.
void Journal::lose() {
  if (::ftruncate(file_.descriptor(), 0) != 0) folder_.remove("journal", number_);
  file_ = File();
}

}  // namespace latchkey::gate
