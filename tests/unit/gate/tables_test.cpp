#include "gate/tables.hpp"

#include "support/catch.hpp"

namespace latchkey::gate {
namespace {

constexpr std::uint64_t now = 1'800'000'000;
const std::string hour_on = std::to_string(now + 3600);

std::string login(int generation, std::uint64_t until = 0) {
  return " " + std::to_string(generation) + ":" + std::to_string(until) + ":" + std::string(32, 'a') + ":" +
         std::string(64, 'b');
}

struct Told {
  Told() { tables.at(now); }
  Applied tell(const std::string& line) { return tables.apply(read_statement(line).value(), line); }
  std::size_t drop_unsaid(std::uint32_t snapshot, Stamp floor) {
    std::size_t count = 0;
    for (std::size_t part = 0; part < ShardedMap<Device>::parts; ++part)
      for (const Forget& one : tables.unsaid(part, snapshot, floor)) {
        tables.forget(one.kind, one.name);
        ++count;
      }
    return count;
  }
  Tables tables{100};
};

TEST_CASE("A device's newest statement holds, in whatever order they come", "[gate]") {
  Told told;
  CHECK(told.tell("d 10 m 0" + login(1)) == Applied::changed);
  CHECK(told.tell("d 12 m " + hour_on) == Applied::changed);
  CHECK(told.tell("d 11 m 0" + login(1) + login(2)) == Applied::old);
  CHECK(told.tell("d 12 m " + hour_on) == Applied::same);
  CHECK(told.tables.is_denied("m"));
  CHECK(told.tables.login("m", 1) == nullptr);
  CHECK(told.tell("d 13 m 0" + login(2)) == Applied::changed);
  CHECK_FALSE(told.tables.is_denied("m"));
  CHECK(told.tables.login("m", 2) != nullptr);
  CHECK_FALSE(told.tables.is_denied("other"));
}

TEST_CASE("What was ended is not opened again by an older statement", "[gate]") {
  Told told;
  told.tell("d 10 m 0" + login(1));
  told.tell("d 12 m 0");
  CHECK(told.tell("d 11 m 0" + login(1)) == Applied::old);
  CHECK(told.tables.login("m", 1) == nullptr);
}

TEST_CASE("A later epoch is newer than any version of an earlier one", "[gate]") {
  Told told;
  told.tables.set_epoch(5);
  told.tell("d 1000 m " + hour_on);
  told.tables.set_epoch(6);
  CHECK(told.tell("d 3 m 0") == Applied::changed);
  CHECK_FALSE(told.tables.is_denied("m"));
}

TEST_CASE("Denials and passwords end in time", "[gate]") {
  Told told;
  told.tell("d 1 m " + hour_on);
  told.tell("s 1 ab m " + hour_on);
  told.tell("d 1 n 0" + login(1, now + 3600));
  CHECK(told.tables.is_denied("m"));
  CHECK(told.tables.is_denied_serial("ab"));
  CHECK(told.tables.login("n", 1) != nullptr);
  told.tables.at(now + 3600);
  CHECK_FALSE(told.tables.is_denied("m"));
  CHECK_FALSE(told.tables.is_denied_serial("ab"));
  CHECK(told.tables.login("n", 1) == nullptr);
}

TEST_CASE("A snapshot drops what it did not say, but nothing that is newer than its floor", "[gate]") {
  Told told;
  told.tell("d 10 old 0" + login(1));
  told.tell("s 10 ab old " + hour_on);
  told.tell("d 21 denied-by-the-faster-one " + hour_on);
  const auto snapshot = told.tables.begin_snapshot();
  told.tell("d 15 said 0" + login(1));
  told.tell("d 9 changed-meanwhile 0" + login(1));
  CHECK(told.drop_unsaid(snapshot, {0, 20}) == 2);
  CHECK(told.tables.login("old", 1) == nullptr);
  CHECK_FALSE(told.tables.is_denied_serial("ab"));
  CHECK(told.tables.login("said", 1) != nullptr);
  CHECK(told.tables.login("changed-meanwhile", 1) != nullptr);
  CHECK(told.tables.is_denied("denied-by-the-faster-one"));
}

TEST_CASE("A snapshot of a new epoch drops what only the old one had", "[gate]") {
  Told told;
  told.tell("d 1000 m " + hour_on);
  told.tables.set_epoch(1);
  const auto snapshot = told.tables.begin_snapshot();
  CHECK(told.drop_unsaid(snapshot, {1, 3}) == 1);
  CHECK_FALSE(told.tables.is_denied("m"));
}

TEST_CASE("A snapshot drops rights and sets that were not said, and their devices have none then", "[gate]") {
  Told told;
  told.tell("t 1 set p:a");
  told.tell("r 5 m set");
  told.tell("d 5 m " + hour_on);
  const auto snapshot = told.tables.begin_snapshot();
  told.tell("r 5 m set");
  CHECK(told.drop_unsaid(snapshot, {0, 9}) == 2);
  CHECK_FALSE(told.tables.is_denied("m"));
  REQUIRE(told.tables.rights("m") != nullptr);
  CHECK(told.tables.rights("m")->publish.empty());
  told.tell("t 12 set p:b");
  CHECK(told.tables.rights("m")->publish == std::vector<std::string>{"b"});
  CHECK(told.drop_unsaid(told.tables.begin_snapshot(), {0, 9}) == 1);
  CHECK(told.tables.rights("m") == nullptr);
  CHECK(told.tables.with_rights() == 0);
  CHECK(told.tables.device("m") == nullptr);
}

TEST_CASE("What is known of a device's access stays when its rights are dropped, and the other way round",
          "[gate]") {
  Told told;
  told.tell("t 1 set p:a");
  told.tell("r 5 m set");
  told.tell("d 5 m " + hour_on);
  told.tables.forget('r', "m");
  CHECK(told.tables.is_denied("m"));
  CHECK(told.tables.rights("m") == nullptr);
  told.tell("r 5 m set");
  told.tables.forget('d', "m");
  CHECK_FALSE(told.tables.is_denied("m"));
  CHECK(told.tables.rights("m") != nullptr);
}

TEST_CASE("The digest is of what is said, whatever was said before", "[gate]") {
  Told one;
  Told other;
  one.tell("d 1 m 0" + login(1));
  one.tell("d 2 m " + hour_on);
  one.tell("s 5 ab n " + hour_on);
  one.tell("d 7 gone " + hour_on);
  one.tell("d 8 gone 0");
  one.tell("t 1 set p:a");
  one.tell("t 3 set");
  one.tell("r 4 m set");
  one.tell("r 6 m -");
  other.tell("s 5 ab n " + hour_on);
  other.tell("d 2 m " + hour_on);
  other.tell("r 6 m -");
  other.tell("t 3 set");
  CHECK(one.tables.digest() == other.tables.digest());
  CHECK(one.tables.digest() != 0);
  one.tables.forget('d', "m");
  one.tables.forget('s', "ab");
  one.tables.forget('r', "m");
  one.tables.forget('t', "set");
  CHECK(one.tables.digest() == 0);
}

TEST_CASE("What says nothing any more goes after an hour, what has expired after 31 days, and not before",
          "[gate]") {
  Told told;
  told.tell("d 2 lifted 0");
  told.tell("d 2 expired " + std::to_string(now + 60));
  told.tell("d 2 holds 0" + login(1));
  const auto outdated = [&] {
    std::vector<std::string> names;
    for (std::size_t part = 0; part < ShardedMap<Device>::parts; ++part)
      for (const Forget& one : told.tables.outdated(part))
        names.push_back(one.name);
    std::ranges::sort(names);
    return names;
  };
  told.tables.at(now + 3599);
  CHECK(outdated().empty());
  told.tables.at(now + 3600);
  CHECK(outdated() == std::vector<std::string>{"lifted"});
  constexpr std::uint64_t told_after_end_s = std::uint64_t{31} * 24 * 3600;
  told.tables.at(now + 59 + told_after_end_s);
  CHECK(outdated() == std::vector<std::string>{"lifted"});
  told.tables.at(now + 60 + told_after_end_s);
  CHECK(outdated() == std::vector<std::string>{"expired", "lifted"});
}

TEST_CASE("There are no more entries than may be, and what is there still changes", "[gate]") {
  Told told;
  for (int n = 0; n < 100; ++n)
    REQUIRE(told.tell("d 1 m" + std::to_string(n) + " 0" + login(1)) == Applied::changed);
  CHECK(told.tell("d 1 more 0") == Applied::no_room);
  CHECK(told.tell("d 1 more 0" + login(1)) == Applied::no_room);
  CHECK(told.tables.device("more") == nullptr);
  CHECK(told.tell("r 1 m1 -") == Applied::changed);
  CHECK(told.tell("d 2 m1 " + hour_on) == Applied::changed);
  told.tables.forget('d', "m2");
  CHECK(told.tell("d 1 more 0") == Applied::changed);
}

TEST_CASE("Whatever gives access and rights, there is room for denials, up to a bound of their own",
          "[gate]") {
  Told told;
  for (int n = 0; n < 100; ++n) {
    REQUIRE(told.tell("d 1 m" + std::to_string(n) + " 0" + login(1)) == Applied::changed);
    REQUIRE(told.tell("r 1 r" + std::to_string(n) + " set") == Applied::changed);
  }
  CHECK(told.tell("r 1 more set") == Applied::no_room);
  CHECK(told.tell("r 1 m1 set") == Applied::no_room);
  for (int n = 0; n < 50; ++n) {
    REQUIRE(told.tell("d 2 r" + std::to_string(n) + " " + hour_on) == Applied::changed);
    REQUIRE(told.tell("s 2 ab" + std::to_string(n) + " m1 " + hour_on) == Applied::changed);
  }
  CHECK(told.tell("d 2 more " + hour_on) == Applied::no_room);
  CHECK(told.tell("s 2 abc m1 " + hour_on) == Applied::no_room);
  told.tables.forget('r', "r1");
  CHECK(told.tell("r 1 m1 set") == Applied::changed);
}

TEST_CASE("Rights are of the set that the device was given", "[gate]") {
  Told told;
  CHECK(told.tell("r 2 m set") == Applied::changed);
  CHECK(told.tables.rights("m")->publish.empty());
  CHECK(told.tell("t 1 set p:a/${device_id} s:b") == Applied::changed);
  CHECK(told.tell("t 1 set p:a/${device_id} s:b") == Applied::same);
  REQUIRE(told.tables.rights("m") != nullptr);
  CHECK(told.tables.rights("m")->publish == std::vector<std::string>{"a/${device_id}"});
  CHECK(told.tell("r 1 m -") == Applied::old);
  CHECK(told.tell("r 3 m -") == Applied::changed);
  CHECK(told.tables.rights("m") == nullptr);
}

TEST_CASE("A newer version of a set replaces it whole, and an older one does nothing", "[gate]") {
  Told told;
  told.tell("r 2 m set");
  told.tell("t 5 set p:a p:b");
  CHECK(told.tell("t 4 set p:c") == Applied::old);
  CHECK(told.tell("t 6 set s:d") == Applied::changed);
  CHECK(told.tables.rights("m")->publish.empty());
  CHECK(told.tables.rights("m")->subscribe == std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace latchkey::gate
