#include "gate/journal.hpp"

#include "support/catch.hpp"
#include "support/folder.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace latchkey::gate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 1'000'000;
constexpr std::uint64_t epoch = 3;

std::string denial(int number, int version = 1) {
  return "d " + std::to_string(version) + " m" + std::to_string(number) + " 4000000000";
}

/// The gate's tables and journal from one start of the broker to the next.
struct Run {
  explicit Run(const fs::path& folder) : journal((folder / "state").string(), most_entries, tables) {}
  void tell(const std::string& line) {
    tables.set_epoch(epoch);
    REQUIRE(tables.apply(read_statement(line).value(), line) == Applied::changed);
    journal.add(epoch, line);
  }
  void open() {
    journal.add(SetEpoch{epoch});
    journal.add(SetOpen{});
    journal.flush();
  }
  [[nodiscard]] bool is_open() const { return journal.why_closed().empty(); }

  Tables tables{most_entries};
  Journal journal;
};

/// A run that said everything: three devices.
void first_run(const fs::path& folder) {
  Run run(folder);
  CHECK_FALSE(run.is_open());
  run.tell(denial(1));
  run.tell("t 1 set p:a/${device_id}");
  run.tell("r 1 m2 set");
  run.open();
  run.tell(denial(3));
  run.journal.flush();
}

fs::path only_file(const fs::path& folder) {
  return folder / "state" / "journal.1";
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void overwrite(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

TEST_CASE("What was told holds after a restart", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  for (int restart = 0; restart < 2; ++restart) {
    const Run run(folder.path());
    CHECK(run.is_open());
    CHECK(run.tables.epoch() == epoch);
    CHECK(run.tables.is_denied("m1"));
    CHECK(run.tables.is_denied("m3"));
    REQUIRE(run.tables.rights("m2") != nullptr);
    CHECK(run.tables.rights("m2")->publish.size() == 1);
  }
}

TEST_CASE("The journal is its owner's alone", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  CHECK((fs::status(folder.path() / "state").permissions() & fs::perms::all) == fs::perms::owner_all);
  CHECK((fs::status(only_file(folder.path())).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("Before the service has said everything the gate is closed, also after a restart", "[gate]") {
  const test::Folder folder;
  {
    Run run(folder.path());
    run.tell(denial(1));
    run.journal.flush();
  }
  const Run run(folder.path());
  CHECK_FALSE(run.is_open());
  CHECK(run.tables.is_denied("m1"));
}

TEST_CASE("A last line that was cut short is cut off", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  const std::string whole = content(only_file(folder.path()));
  const auto last_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (const std::size_t size : {last_line, last_line + 1, whole.size() - 1}) {
    overwrite(only_file(folder.path()), whole.substr(0, size));
    {
      Run run(folder.path());
      CHECK(run.is_open());
      CHECK(run.tables.is_denied("m1"));
      CHECK_FALSE(run.tables.is_denied("m3"));
      run.tell(denial(4));
      run.journal.flush();
    }
    const Run again(folder.path());
    CHECK(again.is_open());
    CHECK(again.tables.is_denied("m4"));
  }
}

TEST_CASE("A damaged journal is as good as none", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  const std::string whole = content(only_file(folder.path()));
  const auto damaged = [&](const std::string& text) {
    fs::remove_all(folder.path() / "state");
    fs::create_directory(folder.path() / "state");
    overwrite(only_file(folder.path()), text);
    const Run run(folder.path());
    return !run.is_open() && run.tables.devices() == 0 && run.tables.with_rights() == 0;
  };
  CHECK_FALSE(damaged(whole));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    INFO("byte " << at);
    // The end of the last line may be missing.
    if (at != whole.size() - 1) CHECK(damaged(flipped));
  }
  CHECK(damaged(""));
  CHECK(damaged(whole + std::string(100, '\0') + "\n"));
  CHECK(damaged(whole + whole));
  CHECK(damaged(whole.substr(whole.find('\n') + 1)));
}

TEST_CASE("A missing journal is found missing", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  fs::remove(only_file(folder.path()));
  const Run run(folder.path());
  CHECK_FALSE(run.is_open());
  CHECK(run.tables.devices() == 0);
}

TEST_CASE("After damage what is told anew holds, and nothing from before", "[gate]") {
  const test::Folder folder;
  first_run(folder.path());
  overwrite(only_file(folder.path()), "damage\n");
  {
    Run run(folder.path());
    run.tell(denial(5));
    run.open();
  }
  const Run run(folder.path());
  CHECK(run.is_open());
  CHECK(run.tables.is_denied("m5"));
  CHECK_FALSE(run.tables.is_denied("m1"));
}

TEST_CASE("A folder that another broker uses is refused", "[gate]") {
  const test::Folder folder;
  const Run run(folder.path());
  CHECK_THROWS(Run(folder.path()));
}

void fill(Run& run, int from, int to, int version) {
  for (int n = from; n < to; ++n) {
    run.tell(denial(n, version));
    run.journal.flush();
  }
}

void await_base(const fs::path& folder) {
  for (int tries = 0; tries < 500; ++tries) {
    for (const auto& entry : fs::directory_iterator(folder / "state"))
      if (entry.path().filename().string().starts_with("base.")) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL("no base after 10 s");
}

std::vector<std::string> files_in(const fs::path& folder, const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "state"))
    if (entry.path().filename().string().starts_with(kind)) names.push_back(entry.path().string());
  return names;
}

TEST_CASE("A long journal becomes a short one, and nothing is lost", "[gate]") {
  const test::Folder folder;
  constexpr int devices = 1000;
  {
    Run run(folder.path());
    run.open();
    for (int version = 1; version <= 150; ++version)
      fill(run, 0, devices, version);
    await_base(folder.path());
  }
  {
    const Run run(folder.path());
    CHECK(run.is_open());
    CHECK(run.tables.devices() == devices);
    std::size_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder.path() / "state"))
      bytes += fs::file_size(entry.path());
    CHECK(bytes < 2 * Journal::longest_file);
  }
  SECTION("without its base it is damaged") {
    for (const std::string& file : files_in(folder.path(), "base."))
      fs::remove(file);
    CHECK_FALSE(Run(folder.path()).is_open());
  }
  SECTION("without its end it is damaged") {
    for (const std::string& file : files_in(folder.path(), "journal."))
      fs::remove(file);
    CHECK_FALSE(Run(folder.path()).is_open());
  }
  SECTION("with a base that was cut short it is damaged") {
    const std::string base = files_in(folder.path(), "base.").at(0);
    fs::resize_file(base, fs::file_size(base) - 100);
    CHECK_FALSE(Run(folder.path()).is_open());
  }
}

}  // namespace
}  // namespace latchkey::gate
