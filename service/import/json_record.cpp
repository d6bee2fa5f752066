#include "service/import/json_record.hpp"

#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace latchkey::service {
namespace {

using Json = nlohmann::json;

/// A parser callback that finds what the parser accepts: duplicate keys and deep nesting.
struct Strictness {
  std::vector<std::set<std::string, std::less<>>> open;
  std::string problem;

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > static_cast<int>(protocol::limits::json_depth)) problem = "the line is nested too deeply";
    if (event == Event::object_start) open.emplace_back();
    if (event == Event::object_end) open.pop_back();
    if (event == Event::key && !open.back().insert(parsed.get<std::string>()).second)
      problem = "the line has a member twice";
    return true;
  }
};

void take(const std::string& name, Json& value, ImportRecord& record) {
  const auto column = column_named(name);
  if (!column) {
    record.problem = "unknown member \"" + name.substr(0, 64) + "\"";
  } else if (*column == Column::config && value.is_object()) {
    record[*column] = value.dump();
  } else if (*column != Column::config && value.is_string()) {
    record[*column] = std::move(value.get_ref<std::string&>());
  } else if (!value.is_null()) {
    record.problem = name + (*column == Column::config ? ": not an object" : ": not a string");
  }
}

}  // namespace

std::optional<Column> column_named(std::string_view name) {
  const auto* const found = std::ranges::find(column_names, name);
  if (found == column_names.end()) return std::nullopt;
  return static_cast<Column>(found - column_names.begin());
}

void read_json_record(std::string_view line, ImportRecord& record) {
  Strictness strictness;
  Json object = Json::parse(line, std::ref(strictness), false);
  if (!object.is_object()) {
    record.problem = "the line is not a JSON object";
  } else if (!strictness.problem.empty()) {
    record.problem = strictness.problem;
  } else {
    for (auto& [name, value] : object.items())
      take(name, value, record);
  }
}

}  // namespace latchkey::service
