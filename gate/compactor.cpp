#include "gate/compactor.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <utility>

namespace latchkey::gate {
namespace {

// The longest time for which written data may be in memory only.
constexpr std::chrono::milliseconds sync_interval{200};
constexpr std::size_t bytes_at_once = 1 << 16;

/// The number of the first file that counts, and whether it is a base.
struct First {
  std::uint64_t number = 0;
  bool is_base = false;
};

First first_of(const Folder& folder) {
  const auto bases = folder.numbers("base");
  const auto journals = folder.numbers("journal");
  First first;
  if (!bases.empty()) first = {bases.back(), true};
  for (const std::uint64_t number : journals) {
    if (number <= first.number) continue;
    Tables none(0);
    bool is_open = false;
    bool is_fresh = false;
    static_cast<void>(folder.read("journal", number, [&](std::string_view text) {
      is_fresh = read_journal(text.substr(0, text.find('\n') + 1), none, is_open).is_fresh;
    }));
    if (is_fresh) first = {number, false};
  }
  return first;
}

JournalRead read_one(const Folder& folder, std::string_view kind, std::uint64_t number, Tables& tables,
                     bool& is_open) {
  JournalRead found;
  const bool is_there =
      folder.read(kind, number, [&](std::string_view text) { found = read_journal(text, tables, is_open); });
  if (!is_there) found.problem = "a file that is missing";
  if (found.problem == nullptr && found.number != number) found.problem = "a file of another number";
  return found;
}

}  // namespace

Loaded load_files(const Folder& folder, Tables& tables, std::optional<std::uint64_t> last) {
  Loaded loaded;
  First next = first_of(folder);
  if (next.number == 0) return {"there is none", false, 0, 0};
  for (;;) {
    const char* const kind = next.is_base ? "base" : "journal";
    const JournalRead found = read_one(folder, kind, next.number, tables, loaded.is_open);
    if (found.problem != nullptr) {
      loaded.problem = folder.name(kind, next.number) + ": " + found.problem;
      return loaded;
    }
    loaded.last = next.number;
    loaded.whole_bytes = found.whole_bytes;
    if (!found.has_end && next.is_base) {
      loaded.problem = folder.name(kind, next.number) + ": it has no end";
      return loaded;
    }
    if (!found.has_end || loaded.last == last) return loaded;
    next = {next.number + 1, false};
  }
}

Compactor::~Compactor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Compactor::start(const Folder& folder) {
  folder_ = &folder;
  thread_ = std::thread([this] { run(); });
}

void Compactor::sync(int descriptor) {
  const std::lock_guard lock(mutex_);
  if (to_sync_) return;
  to_sync_ = File(::dup(descriptor));
  wake_.notify_all();
}

void Compactor::compact(std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  to_compact_ = last;
  is_busy_ = true;
  wake_.notify_all();
}

void Compactor::remove_below(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  to_keep_ = number;
  wake_.notify_all();
}

std::string Compactor::complaint() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaint_, {});
}

void Compactor::complain(std::string text) {
  const std::lock_guard lock(mutex_);
  complaint_ = std::move(text);
}

void Compactor::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait(lock, [this] { return ending_ || to_sync_ || to_compact_ != 0 || to_keep_ != 0; });
    const File file = std::exchange(to_sync_, File());
    const std::uint64_t last = std::exchange(to_compact_, 0);
    const std::uint64_t keep = std::exchange(to_keep_, 0);
    lock.unlock();
    if (file && ::fdatasync(file.descriptor()) != 0) complain("the journal cannot be written to the disk");
    try {
      if (keep != 0) remove_files_below(keep);
      if (last != 0) make_base(last);
    } catch (const std::exception& error) {
      complain(std::string("the journal was not compacted: ") + error.what());
    }
    if (last != 0) is_busy_ = false;
    lock.lock();
    wake_.wait_for(lock, sync_interval, [this] { return ending_; });
  }
}

void Compactor::make_base(std::uint64_t last) {
  Tables tables(Tables::no_bound);
  tables.at(static_cast<std::uint64_t>(std::time(nullptr)));
  const Loaded loaded = load_files(*folder_, tables, last);
  if (!loaded.problem.empty()) throw std::runtime_error(loaded.problem);
  File file = folder_->create("new", last);
  if (!file) throw std::runtime_error("its folder cannot be written");
  JournalText text;
  std::size_t bytes = 0;
  const auto write = [&] {
    const std::string part = text.take();
    bytes += part.size();
    if (!file.write(part)) throw std::runtime_error("there is no room for it");
  };
  text.add(FileStart{last, true});
  tables.write([&](const Statement& statement) {
    text.add(statement);
    if (text.size() >= bytes_at_once) write();
  });
  if (loaded.is_open) text.add(SetOpen{});
  text.add(FileEnd{});
  write();
  if (::fsync(file.descriptor()) != 0) throw std::runtime_error("it cannot be written to the disk");
  if (std::rename(folder_->name("new", last).c_str(), folder_->name("base", last).c_str()) != 0)
    throw std::runtime_error("its folder cannot be written");
  folder_->sync();
  base_bytes_ = bytes;
  remove_files_below(last + 1);
}

void Compactor::remove_files_below(std::uint64_t number) const {
  for (const char* const kind : {"new", "journal", "base"})
    for (const std::uint64_t each : folder_->numbers(kind))
      if (each < number - (std::string_view(kind) == "base" ? 1 : 0)) folder_->remove(kind, each);
}

}  // namespace latchkey::gate
