#include "base/command_line.hpp"

#include "base/words.hpp"
#include "support/catch.hpp"

namespace latchkey {
namespace {

struct Flags {
  std::string name;
  std::optional<std::int64_t> count;
  std::string kind = "round";
  std::vector<std::string> hosts;
  std::string key;
  std::string token;
  std::string certificate;
};

/// "tool make" with flags of all sorts.
struct Tool {
  CommandLine line{"tool", "A tool.", "tool 1"};
  Flags flags;

  Tool() {
    auto root = line.root();
    auto things = root.add("things", "Things");
    auto make = things.add("make", "Make a thing");
    make.value("NAME", flags.name, "Its name", {.required = true});
    make.value("--count", flags.count, "How many", {.within = Bounds{1, 9}});
    make.value("--kind", flags.kind, "Which", {.one_of = {"round", "square"}, .shows_default = true});
    make.value("--host", flags.hosts, "Where; repeat it");
    auto proof = make.alternatives("Proof", "Exactly one of:");
    proof.value("--key", flags.key, "By key");
    proof.value("--token", flags.token, "By token");
    make.value("--certificate", flags.certificate, "Of the key", {.needs = "--key"});
    make.does([] { return 7; });
    line.accept_everywhere("--config");
  }

  std::expected<std::function<int()>, UsageError> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "tool");
    return line.parse(static_cast<int>(words.size()), words.data());
  }
  std::string complaint(const std::vector<const char*>& words) {
    const auto parsed = parse(words);
    return parsed ? "" : parsed.error().what;
  }
};

TEST_CASE("a command line sets the values and chooses the command", "[command_line]") {
  Tool tool;
  const auto chosen =
      tool.parse({"things", "make", "--host", "a", "--host", "b", "ball", "--count", "3", "--key", "k",
                  "--certificate", "c", "--kind", "square", "--config", "ignored"});
  REQUIRE(chosen);
  CHECK((*chosen)() == 7);
  CHECK(tool.flags.name == "ball");
  CHECK(tool.flags.count == 3);
  CHECK(tool.flags.kind == "square");
  CHECK(tool.flags.hosts == std::vector<std::string>{"a", "b"});
  CHECK(tool.flags.key == "k");
  CHECK(tool.flags.certificate == "c");
}

TEST_CASE("a flag that is repeated does not swallow what stands behind its value", "[command_line]") {
  Tool tool;
  REQUIRE(tool.parse({"things", "make", "--token", "t", "--host", "a", "ball"}));
  CHECK(tool.flags.hosts == std::vector<std::string>{"a"});
  CHECK(tool.flags.name == "ball");
  CHECK_FALSE(tool.flags.count);
}

TEST_CASE("a wrong command line is refused with what is wrong", "[command_line]") {
  CHECK(Tool().complaint({"thing"}) == "unknown command \"thing\" of tool");
  CHECK(Tool().complaint({"things", "mak"}) == "unknown command \"mak\" of tool things");
  CHECK(Tool().complaint({"things", "make", "--key", "k"}) == "NAME is required");
  CHECK(Tool().complaint({"things", "make", "ball", "--key", "k", "--count", "10"}) ==
        "--count: Value 10 not in range 1 to 9");
  CHECK_FALSE(Tool().complaint({"things", "make", "ball", "--key", "k", "--kind", "flat"}).empty());
  CHECK_FALSE(Tool().complaint({"things", "make", "ball"}).empty());
  CHECK_FALSE(Tool().complaint({"things", "make", "ball", "--key", "k", "--token", "t"}).empty());
  CHECK(Tool().complaint({"things", "make", "ball", "--token", "t", "--certificate", "c"}) ==
        "--certificate requires --key");
}

TEST_CASE("a value that is given is not empty", "[command_line]") {
  CHECK(Tool().complaint({"things", "make", "ball", "--key", ""}) == "--key: the value is empty");
  CHECK(Tool().complaint({"things", "make", "ball", "--key="}) == "--key: the value is empty");
  CHECK(Tool().complaint({"things", "make", "ball", "--host=", "--key", "k"}) ==
        "--host: the value is empty");
  CHECK(Tool().complaint({"things", "make", "ball", "--key", "k", "--host", "a", "--host", ""}) ==
        "--host: the value is empty");
  CHECK(Tool().complaint({"things", "make", "", "--key", "k"}) == "NAME: the value is empty");
  Tool tool;
  CHECK(tool.parse({"things", "make", "--key", "k", "--config", "", "--", "--host="}).has_value());
  CHECK(tool.flags.name == "--host=");
}

TEST_CASE("joined words have the separator between them", "[words]") {
  CHECK(joined(std::vector<std::string>{}, ", ").empty());
  CHECK(joined(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(joined(std::vector<std::string>{"", "b", ""}, ",") == ",b,");
}

TEST_CASE("what is unknown is said to be unknown, before what is missing, with the nearest name",
          "[command_line]") {
  Tool tool;
  const auto parsed = tool.parse({"things", "make", "--cuont=3"});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().what == "unknown flag --cuont of tool things make");
  CHECK(parsed.error().hint == "did you mean --count? see `tool things make --help`");
  CHECK(Tool().complaint({"things", "make", "--kye", "k"}) == "unknown flag --kye of tool things make");
  CHECK(Tool().complaint({"things", "make", "ball", "bat", "--key", "k"}) ==
        "unexpected argument \"bat\" of tool things make");
  CHECK(Tool().complaint({"things"}) == "tool things needs a command: make");
}

TEST_CASE("a wrong command line names the command whose help to see", "[command_line]") {
  Tool tool;
  const auto parsed = tool.parse({"things", "make"});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().hint == "see `tool things make --help`");
}

}  // namespace
}  // namespace latchkey
