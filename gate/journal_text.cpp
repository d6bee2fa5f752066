#include "gate/journal_text.hpp"

#include "gate/names.hpp"

namespace latchkey::gate {
namespace {

constexpr std::size_t checksum_digits = 8;

std::string checksum_of(std::string_view statement) {
  const Digest digest = sha256(statement);
  return to_hex(std::span(digest).first<checksum_digits / 2>());
}

std::optional<Statement> read_line(std::string_view line) {
  if (line.size() <= checksum_digits || line[checksum_digits] != ' ') return std::nullopt;
  const std::string_view statement = line.substr(checksum_digits + 1);
  if (checksum_of(statement) != line.substr(0, checksum_digits)) return std::nullopt;
  return read_statement(statement);
}

class Reading {
 public:
  Reading(Tables& tables, bool& is_open) : tables_(tables), is_open_(is_open) {}

  /// Applies a line. Returns why it cannot be at this place; nullptr if it can.
  const char* take(std::string_view line) {
    const auto statement = read_line(line);
    if (!statement) return "a line that does not match its checksum";
    if (found.has_end) return "a line after the end of the file";
    if ((found.number == 0) != std::holds_alternative<FileStart>(*statement))
      return "a file that does not start once";
    const std::string_view text = line.substr(checksum_digits + 1);
    return std::visit([&](const auto& one) { return take_one(one, *statement, text); }, *statement);
  }

  JournalRead found;

 private:
  using Problem = const char*;

  Problem take_one(const FileStart& start, const Statement&, std::string_view) {
    found.number = start.number;
    found.is_fresh = start.is_fresh;
    if (start.is_fresh) is_open_ = false;
    return start.number == 0 ? "a file without a number" : nullptr;
  }
  Problem take_one(const FileEnd&, const Statement&, std::string_view) {
    found.has_end = true;
    return nullptr;
  }
  Problem take_one(const SetEpoch& set, const Statement&, std::string_view) {
    tables_.set_epoch(set.epoch);
    return nullptr;
  }
  Problem take_one(const SetOpen&, const Statement&, std::string_view) {
    is_open_ = true;
    return nullptr;
  }
  Problem take_one(const Forget& forget, const Statement&, std::string_view) {
    tables_.forget(forget.kind, forget.name);
    return nullptr;
  }
  template <class Told>
  Problem take_one(const Told&, const Statement& statement, std::string_view text) {
    if constexpr (std::is_same_v<Told, Hello> || std::is_same_v<Told, Begin> || std::is_same_v<Told, End>) {
      return "a line that is none of a journal";
    } else {
      const Applied applied = tables_.apply(statement, text);
      return applied == Applied::no_room ? "more sets of rights than there may be" : nullptr;
    }
  }

  Tables& tables_;
  bool& is_open_;
};

}  // namespace

void JournalText::add_line(std::string_view statement) {
  text_.append(checksum_of(statement)).append(" ").append(statement).append("\n");
}

void JournalText::add(std::uint64_t epoch, std::string_view statement) {
  if (epoch_ != epoch) add(SetEpoch{epoch});
  add_line(statement);
}

void JournalText::add(const Statement& statement) {
  if (const auto* const set = std::get_if<SetEpoch>(&statement)) epoch_ = set->epoch;
  add_line(write_statement(statement));
}

JournalRead read_journal(std::string_view text, Tables& tables, bool& is_open) {
  Reading reading(tables, is_open);
  const std::size_t size = text.size();
  while (!text.empty()) {
    // The broker was killed while it wrote this line, so it did not confirm it.
    if (text.find('\n') == std::string_view::npos) break;
    reading.found.problem = reading.take(take_until(text, '\n'));
    if (reading.found.problem != nullptr) return reading.found;
    reading.found.whole_bytes = size - text.size();
  }
  if (reading.found.number == 0) reading.found.problem = "an empty file";
  return reading.found;
}

}  // namespace latchkey::gate
