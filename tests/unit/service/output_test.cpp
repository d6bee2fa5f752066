#include "service/cli/fleet/output.hpp"

#include "support/catch.hpp"

#include <sstream>

namespace latchkey::cli {
namespace {

using registry::Table;
using Kind = Table::Kind;

Table devices() {
  return {{{"device_id", Kind::text},
           {"online", Kind::boolean},
           {"generation", Kind::number},
           {"seen_at", Kind::time},
           {"labels", Kind::json}},
          {{"meter-1", "t", "3", "2026-11-28 22:32:19.562662+00", R"({"site": "hall, 3"})"},
           {"gate", std::nullopt, "0", std::nullopt, "{}"}}};
}

std::string written(Format format, std::size_t width, const std::vector<Table>& portions) {
  std::ostringstream out;
  Output output(out, format, width);
  for (const auto& portion : portions)
    output.add(portion);
  output.end();
  return out.str();
}

TEST_CASE("a table has columns that are as wide as what stands in them", "[output]") {
  CHECK(written(Format::table, 0, {devices()}) ==
        "device_id  online  generation  seen_at               labels\n"
        "---------  ------  ----------  --------------------  -------------------\n"
        "meter-1    yes     3           2026-11-28 22:32:19Z  {\"site\": \"hall, 3\"}\n"
        "gate               0\n");
}

TEST_CASE("a table fits into the terminal, and the widest cells are cut", "[output]") {
  const Table table{{{"id", Kind::text}, {"text", Kind::text}}, {{"a", "äöü" + std::string(100, 'x')}}};
  CHECK(written(Format::table, 20, {table}) ==
        "id  text\n"
        "--  ----------------\n"
        "a   äöüxxxxxxxxxxxx…\n");
}

TEST_CASE("a terminal has columns that can be read, and a line that names those without room", "[output]") {
  CHECK(written(Format::table, 44, {devices()}) ==
        "device_id  online  generation\n"
        "---------  ------  ----------\n"
        "meter-1    yes     3\n"
        "gate               0\n"
        "(no room for seen_at, labels; --json has all)\n");
  CHECK(written(Format::table, 68, {devices()}) ==
        "device_id  online  generation  seen_at               labels\n"
        "---------  ------  ----------  --------------------  ---------------\n"
        "meter-1    yes     3           2026-11-28 22:32:19Z  {\"site\": \"hall…\n"
        "gate               0\n");
}

TEST_CASE("JSON has an object on each line, in the types of the registry, in portions too", "[output]") {
  CHECK(
      written(Format::json, 0, {devices()}) ==
      R"([{"device_id": "meter-1", "online": true, "generation": 3, "seen_at": "2026-11-28T22:32:19.562662Z", )"
      R"("labels": {"site": "hall, 3"}},)"
      "\n"
      R"({"device_id": "gate", "online": null, "generation": 0, "seen_at": null, "labels": {}}])"
      "\n");
  const Table one{{{"id", Kind::text}}, {{"a"}}};
  CHECK(written(Format::json, 0, {one, one}) == "[{\"id\": \"a\"},\n{\"id\": \"a\"}]\n");
  CHECK(written(Format::json, 0, {{one.columns, {}}}) == "[]\n");
}

TEST_CASE("CSV quotes what has commas, quotes and line ends", "[output]") {
  CHECK(written(Format::csv, 0, {devices()}) ==
        "device_id,online,generation,seen_at,labels\n"
        "meter-1,t,3,2026-11-28T22:32:19.562662Z,\"{\"\"site\"\": \"\"hall, 3\"\"}\"\n"
        "gate,,0,,{}\n");
}

TEST_CASE("ids stand alone, one on each line", "[output]") {
  CHECK(written(Format::ids, 0, {devices()}) == "meter-1\ngate\n");
}

TEST_CASE("what a device says cannot control a terminal", "[output]") {
  const Table table{{{"failure", Kind::text}}, {{"\x1b[2Jgone\nnow\x7f\xc2\x9b"}}};
  CHECK(written(Format::table, 0, {table}) == "failure\n---------------\n [2Jgone now\n");
  CHECK(written(Format::json, 0, {table}) == R"([{"failure": "\u001b[2Jgone\nnow\u007f\u009b"}])"
                                             "\n");
  CHECK(written(Format::csv, 0, {table}) == "failure\n\" [2Jgone\nnow   \"\n");
  const Table json{{{"labels", Kind::json}}, {{"{\"a\": \"\xc2\x9b\x7fä\"}"}}};
  CHECK(written(Format::json, 0, {json}) == R"([{"labels": {"a": "\u009b\u007fä"}}])"
                                            "\n");
}

TEST_CASE("a record lists what is there", "[output]") {
  std::ostringstream out;
  write_record(out, devices(), devices().rows[1]);
  CHECK(out.str() == "  device_id   gate\n  generation  0\n");
}

}  // namespace
}  // namespace latchkey::cli
