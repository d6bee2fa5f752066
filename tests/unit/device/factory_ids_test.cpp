#include "device/factory.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

#include <string>

namespace latchkey::device {
namespace {

using Ids = std::vector<std::string>;

TEST_CASE("a run of # is the number, with leading zeros and more digits where it needs them") {
  CHECK(numbered_ids("meter-###", 1, 3) == Ids{"meter-001", "meter-002", "meter-003"});
  CHECK(numbered_ids("a#b", 9, 2) == Ids{"a9b", "a10b"});
  CHECK(numbered_ids("####", 0, 1) == Ids{"0000"});
}

TEST_CASE("a pattern without one run of # is refused, and one that makes no device ids") {
  for (const std::string pattern : {"meter", "a#b#", "", "-#", "a b#"})
    CHECK_FALSE(numbered_ids(pattern, 1, 1).has_value());
  CHECK_FALSE(numbered_ids(std::string(63, 'a') + "#", 1, 10).has_value());
}

TEST_CASE("ids are read one a line, of files with either end of line") {
  const test::Folder folder;
  CHECK(read_ids(folder.write("ids", "meter-1\r\n\nmeter-2")) == Ids{"meter-1", "meter-2"});
}

TEST_CASE("a line that is no id or is there twice is named") {
  const test::Folder folder;
  const auto wrong = read_ids(folder.write("ids", "meter-1\n-2\n"));
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().contains("line 2: not a device id: it begins with -"));
  const auto twice = read_ids(folder.write("ids", "meter-1\nmeter-2\nmeter-1\n"));
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().contains("line 3: meter-1 is there twice"));
}

TEST_CASE("a file without ids is an error") {
  const test::Folder folder;
  CHECK_FALSE(read_ids(folder.write("ids", "\n")).has_value());
  CHECK_FALSE(read_ids(folder.path() / "nothing").has_value());
  CHECK_FALSE(read_ids(folder.path()).has_value());
}

}  // namespace
}  // namespace latchkey::device
