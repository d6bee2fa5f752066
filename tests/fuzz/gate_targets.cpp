#include "fuzz/gate_targets.hpp"

#include "fuzz/must.hpp"
#include "gate/control.hpp"
#include "gate/names.hpp"
#include "support/folder.hpp"

#include <string>

namespace latchkey::fuzz {
namespace {

using namespace latchkey::gate;

constexpr std::size_t most_entries = 1000;

std::vector<std::string> statements() {
  const std::string login = " 7:0:" + std::string(32, 'a') + ":" + std::string(64, 'b');
  return {"d 12 12345 0" + login,
          "d 13 m-1 1900000000",
          "d 14 m-2 0" + login + login,
          "s 15 4f3e2d1c m-3 1900000000",
          "t 15 0a1b p:a/${device_id}/b/# s:c/+/d",
          "r 16 12345 0a1b",
          "r 17 m-1 -"};
}

/// One for the process: it keeps a thread and a folder.
struct Plugin {
  test::Folder folder;
  Tables tables{most_entries};
  Journal journal{folder.path().string(), most_entries, tables};
  Control control{tables, journal};
};

/// What is read is written as it was.
void check_line(std::string_view line) {
  const auto statement = read_statement(line);
  if (statement) must(write_statement(*statement) == line, "a statement is written as it was read");
}

void check_tables(const Tables& tables) {
  Tables copy(Tables::no_bound);
  tables.write([&](const Statement& statement) {
    if (const auto* const set = std::get_if<SetEpoch>(&statement))
      copy.set_epoch(set->epoch);
    else
      must(copy.apply(statement, write_statement(statement)) != Applied::old, "nothing written is old");
  });
  must(copy.digest() == tables.digest(), "what is written makes the same tables");
}

}  // namespace

void feed_gate_control(crypto::ByteView input) {
  static Plugin plugin;
  std::string_view message = crypto::as_text(input);
  const auto answer = plugin.control.take("@fuzz", message);
  must(!answer || answer->starts_with("latchkey 1 "), "an answer has a head");
  must(plugin.tables.devices() + plugin.tables.serials() <= 3 * most_entries,
       "there are no more entries than may be");
  while (!message.empty())
    check_line(take_until(message, '\n'));
  while (plugin.control.sweep()) {
  }
  static_cast<void>(plugin.control.take_changed());
}

std::vector<crypto::Bytes> gate_control_messages() {
  std::string all = "latchkey 1 abc 0\nbegin 9\n";
  for (const std::string& statement : statements())
    all += statement + "\n";
  std::vector<crypto::Bytes> messages;
  for (const std::string& text : {all, all + "end 4\n", std::string("latchkey 1 abc 0\nhello\n"),
                                  std::string("latchkey 1 x 5\nbegin 0\nend 0")})
    messages.emplace_back(text.begin(), text.end());
  return messages;
}

void feed_gate_journal(crypto::ByteView input) {
  Tables tables(most_entries);
  bool is_open = false;
  const auto text = crypto::as_text(input);
  const JournalRead found = read_journal(text, tables, is_open);
  must(found.whole_bytes <= text.size(), "no more is read than there is");
  must(found.problem != nullptr || found.number != 0, "a file that is fine has a number");
  check_tables(tables);
}

std::vector<crypto::Bytes> gate_journals() {
  JournalText text;
  text.add(FileStart{1, true});
  for (const std::string& statement : statements())
    text.add(5, statement);
  text.add(SetOpen{});
  text.add(6, "d 20 12345 0");
  text.add(Forget{'d', "m-1"});
  text.add(FileEnd{});
  const std::string file = text.take();
  return {crypto::Bytes(file.begin(), file.end())};
}

}  // namespace latchkey::fuzz
