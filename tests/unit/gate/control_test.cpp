#include "gate/control.hpp"

#include "support/catch.hpp"
#include "support/folder.hpp"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <optional>

namespace latchkey::gate {
namespace {

constexpr std::uint64_t now = 1'800'000'000;
const std::string denied = " 1900000000";

std::string login(int generation) {
  return " " + std::to_string(generation) + ":0:" + std::string(32, 'a') + ":" + std::string(64, 'b');
}

/// A gate that the service has told everything; that is one device's password.
struct Gated {
  Gated() {
    tables.at(now);
    CHECK(say("begin 0\nd 1 known 0" + login(1) + "\nend 1") == "done 1 0");
    sweep();
    static_cast<void>(control.take_changed());
  }
  void sweep() {
    while (control.sweep()) {
    }
  }
  std::string answer(const std::string& message, const std::string& client = "@a") {
    return control.take(client, message).value_or("no answer");
  }
  /// The answer's last line.
  std::string say(const std::string& lines, std::uint64_t epoch = 0, const std::string& client = "@a") {
    std::string text = answer("latchkey 1 x " + std::to_string(epoch) + "\n" + lines, client);
    REQUIRE(text.starts_with("latchkey 1 x\nstate "));
    text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }
  test::Folder folder;
  Tables tables{1000};
  Journal journal{(folder.path() / "state").string(), 1000, tables};
  Control control{tables, journal};
};

TEST_CASE("A message is answered with what the gate is and what it did", "[gate]") {
  Gated gated;
  CHECK(gated.answer("latchkey 1 abc 0\nhello\n").starts_with("latchkey 1 abc\nstate open 0 "));
  CHECK(gated.say("d 2 m" + denied + "\nd 1 known 0" + login(1)) == "done 2 0");
  CHECK(gated.tables.is_denied("m"));
  CHECK(gated.say("d 1 m 0\ns 3 ab n" + denied) == "done 1 1");
  CHECK(gated.tables.is_denied("m"));
}

TEST_CASE("A message that cannot be read has no effect", "[gate]") {
  Gated gated;
  for (const char* const lines :
       {"d 5 m 1900000000\nnonsense", "d 5 m 1900000000\n\n", "", "\n", "d 5 m 1900000000\nbegin 0",
        "end 0\nd 5 m 1900000000", "d 5 m 1900000000\nopen", "epoch 7", "f d known", "file 1 fresh", "next",
        "d 5 m 1900000000\r"})
    CHECK(gated.say(lines) == "refused unreadable");
  CHECK_FALSE(gated.tables.is_denied("m"));
  CHECK(gated.tables.login("known", 1) != nullptr);
  for (const std::string& message :
       {std::string(), std::string("hello"), std::string("latchkey 2 x 0\nhello"),
        std::string("latchkey 1 x\nhello"), std::string("latchkey 1 x y\nhello"),
        "latchkey 1 " + std::string(33, 'x') + " 0\nhello", std::string("latchkey 1  0\nhello"),
        "latchkey 1 x 0\n" + std::string(4096, 'x')})
    CHECK(gated.answer(message) == "no answer");
}

TEST_CASE("An older epoch is refused, and a newer one comes with a snapshot only", "[gate]") {
  Gated gated;
  CHECK(gated.say("d 9 m" + denied, 7) == "refused epoch");
  CHECK(gated.say("begin 5\nd 1 m" + denied + "\nend 1", 7) == "done 1 0");
  CHECK(gated.say("d 9 n" + denied, 0) == "refused epoch");
  CHECK(gated.say("begin 5\nend 0", 6) == "refused epoch");
  CHECK(gated.say("hello", 0) == "done 0 0");
  CHECK_FALSE(gated.tables.is_denied("n"));
  gated.sweep();
  CHECK(gated.tables.login("known", 1) == nullptr);
  CHECK(gated.tables.is_denied("m"));
}

TEST_CASE("A snapshot whose sender went takes nothing away", "[gate]") {
  Gated gated;
  CHECK(gated.say("begin 100\nd 2 m" + denied) == "done 1 0");
  gated.control.ended("@a");
  gated.sweep();
  CHECK(gated.tables.login("known", 1) != nullptr);
  CHECK(gated.say("end 1") == "refused end");
  gated.sweep();
  CHECK(gated.tables.login("known", 1) != nullptr);
}

TEST_CASE("A snapshot of which a message is missing is not complete", "[gate]") {
  Gated gated;
  CHECK(gated.say("begin 100\nd 2 m" + denied) == "done 1 0");
  CHECK(gated.say("d 2 n" + denied + "\nend 3") == "refused count");
  gated.sweep();
  CHECK(gated.tables.login("known", 1) != nullptr);
}

TEST_CASE("Two snapshots at once: each drops only what neither said", "[gate]") {
  Gated gated;
  gated.say("begin 100", 0, "@a");
  gated.say("begin 100", 0, "@b");
  gated.say("d 2 m" + denied, 0, "@a");
  gated.say("d 3 n" + denied, 0, "@b");
  CHECK(gated.say("end 1", 0, "@a") == "done 0 0");
  gated.sweep();
  CHECK(gated.tables.is_denied("m"));
  CHECK(gated.tables.is_denied("n"));
  CHECK(gated.tables.login("known", 1) == nullptr);
}

TEST_CASE("A slower replica's snapshot does not undo a faster one's denial", "[gate]") {
  Gated gated;
  gated.say("d 12 known" + denied, 0, "@fast");
  // It read the registry at 11, before the denial.
  CHECK(gated.say("begin 11\nd 1 known 0" + login(1) + "\nend 1", 0, "@slow") == "done 0 1");
  gated.sweep();
  CHECK(gated.tables.is_denied("known"));
  CHECK(gated.say("begin 11\nend 0", 0, "@slow") == "done 0 0");
  gated.sweep();
  CHECK(gated.tables.is_denied("known"));
}

TEST_CASE("There are no more than eight snapshots at once", "[gate]") {
  Gated gated;
  for (int n = 0; n < 8; ++n)
    CHECK(gated.say("begin 0", 0, "@" + std::to_string(n)) == "done 0 0");
  CHECK(gated.say("begin 0", 0, "@more") == "refused snapshots");
  CHECK(gated.say("begin 0", 0, "@1") == "done 0 0");
}

TEST_CASE("Devices whose access changed are named, and no others", "[gate]") {
  Gated gated;
  gated.say("d 1 known 0" + login(1) + "\nd 2 m" + denied + "\ns 2 ab n" + denied);
  CHECK(gated.control.take_changed() == std::vector<std::string>{"m", "n"});
  gated.say("begin 100\nend 0");
  gated.sweep();
  CHECK(gated.control.take_changed().size() == 2);  // known and m; n's certificate is let in again
}

TEST_CASE("The gate is closed until a first snapshot is complete, and says so", "[gate]") {
  const test::Folder folder;
  Tables tables{10};
  Journal journal{(folder.path() / "state").string(), 10, tables};
  Control control{tables, journal};
  const auto say = [&](const std::string& lines) {
    return control.take("@a", "latchkey 1 x 0\n" + lines).value();
  };
  CHECK(say("hello").find("state closed") != std::string::npos);
  say("d 1 m 0");
  say("begin 5\nd 1 m 0");
  CHECK_FALSE(control.is_open());
  CHECK(say("end 1").find("state open") != std::string::npos);
  CHECK(control.is_open());
}

TEST_CASE("Beyond the entries that may be the service is told", "[gate]") {
  Gated gated;
  std::string last;
  for (int n = 0; n < 1000 && last.empty(); ++n)
    if (const std::string said = gated.say("d 1 m" + std::to_string(n) + denied); said != "done 1 0")
      last = said;
  CHECK(last.empty());
  for (int n = 0; n < 999; ++n)
    REQUIRE(gated.say("r 1 r" + std::to_string(n) + " set") == "done 1 0");
  CHECK(gated.say("r 1 m1 unknown") == "done 1 0");
  CHECK(gated.say("d 1 late 0" + login(1)) == "refused room 1");
}

TEST_CASE("What has no room keeps nothing else of its message out, and no snapshot from its end", "[gate]") {
  Gated gated;
  for (int n = 0; n < 1000; ++n)
    gated.say("r 1 r" + std::to_string(n) + " set");
  CHECK(gated.say("r 1 more set\nd 1 lost" + denied + "\nr 2 other set\nr 2 r1 -\nd 1 new 0" + login(1)) ==
        "refused room 1 3");
  CHECK(gated.tables.is_denied("lost"));
  CHECK(gated.tables.rights("r1") == nullptr);
  CHECK(gated.tables.login("new", 1) != nullptr);
  CHECK(gated.say("begin 0\nr 3 more set\nd 2 lost" + denied + "\nend 2") == "refused room 2");
  CHECK(gated.say("end 2") == "refused end");
}

/// Nothing can be written to files, as on a full disk.
struct NoRoom {
  NoRoom() : handler(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~NoRoom() {
    static_cast<void>(::setrlimit(RLIMIT_FSIZE, &before));
    static_cast<void>(std::signal(SIGXFSZ, handler));
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;
  rlimit before{};
  void (*handler)(int);
};

/// What the broker would know after a crash at this moment.
struct Restarted {
  explicit Restarted(const Gated& gated) {
    std::filesystem::copy(gated.folder.path() / "state", folder.path() / "state");
    journal.emplace((folder.path() / "state").string(), 1000, tables);
  }
  [[nodiscard]] bool is_open() const { return journal->why_closed().empty(); }
  test::Folder folder;
  Tables tables{1000};
  std::optional<Journal> journal;
};

TEST_CASE("A journal that begins anew while the gate is open has all of the snapshot, or is closed",
          "[gate]") {
  Gated gated;
  CHECK(gated.say("d 2 m" + denied) == "done 1 0");
  const auto is_written = [&] {
    return gated.answer("latchkey 1 x 0\nhello").find(" journal ") != std::string::npos;
  };
  const std::string repeats = "d 2 m" + denied + "\nd 3 n" + denied + "\nd 1 known 0" + login(1);
  const auto lose = [&] {
    const NoRoom no_room;
    CHECK(gated.say("d 3 n" + denied) == "done 1 0");
  };
  const auto holds = [](const Restarted& restarted) {
    return restarted.is_open() && restarted.tables.is_denied("m") && restarted.tables.is_denied("n");
  };

  SECTION("by one that begins it") {
    lose();
    CHECK_FALSE(is_written());
    CHECK_FALSE(Restarted(gated).is_open());
    CHECK(gated.say("begin 0\nd 2 m" + denied) == "done 1 0");
    CHECK_FALSE(is_written());
    CHECK_FALSE(Restarted(gated).is_open());
    CHECK(gated.say("d 3 n" + denied + "\nd 1 known 0" + login(1) + "\nend 3") == "done 2 0");
  }
  SECTION("and not by one that began before") {
    CHECK(gated.say("begin 0\nd 2 m" + denied, 0, "@early") == "done 1 0");
    lose();
    CHECK(gated.say("begin 0") == "done 0 0");
    CHECK(gated.say("d 3 n" + denied + "\nd 1 known 0" + login(1) + "\nend 3", 0, "@early") == "done 2 0");
    CHECK_FALSE(is_written());
    CHECK_FALSE(Restarted(gated).is_open());
    CHECK(gated.say(repeats + "\nend 3") == "done 3 0");
  }
  CHECK(is_written());
  CHECK(holds(Restarted(gated)));
}

}  // namespace
}  // namespace latchkey::gate
