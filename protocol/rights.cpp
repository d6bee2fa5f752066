#include "protocol/rights.hpp"

#include "protocol/json.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <numeric>

namespace latchkey::protocol {
namespace {

constexpr std::size_t longest_id = 64;

/// Takes the first level off `rest`.
std::string_view next_level(std::string_view& rest) {
  const auto end = rest.find('/');
  const auto level = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return level;
}

bool is_literal(std::string_view level) {
  return !level.empty() && std::ranges::all_of(level, is_plain_character);
}

/// What is wrong with the template itself; empty: nothing.
std::string_view fault_of(std::string_view text) {
  if (text.empty() || text.ends_with('/')) return "has an empty level";
  while (!text.empty()) {
    const bool is_last = !text.contains('/');
    const auto level = next_level(text);
    if (level.empty()) return "has an empty level";
    if (level == "#" && !is_last) return "has # before its last level";
    if (level != "+" && level != "#" && level != id_placeholder && !is_literal(level))
      return "has a level that is neither +, # or ${device_id} nor printable ASCII without space, $, + and #";
  }
  return {};
}

/// True if the template, for some device id, matches `root` or a topic below it.
bool reaches(std::string_view text, std::string_view root) {
  while (!root.empty()) {
    if (text.empty()) return false;
    const auto level = next_level(text);
    const auto wanted = next_level(root);
    if (level == "#") return true;
    const bool may_be_same = level == "+" || (level == id_placeholder && DeviceId::parse(wanted));
    if (!may_be_same && level != wanted) return false;
  }
  return true;
}

void check(const json::Reader& in, std::string_view name, const std::vector<std::string>& templates,
           const Topics& topics) {
  for (const auto& text : templates) {
    std::string_view fault = fault_of(text);
    if (fault.empty() && (reaches(text, topics.provisioning_root()) || reaches(text, topics.devices_root())))
      fault = "reaches the topics of the protocol";
    if (!fault.empty()) in.complain(name, json::printable("the template " + text) + " " + std::string(fault));
  }
}

std::string filled(std::string_view text, std::string_view id) {
  std::string filter;
  filter.reserve(text.size() + id.size());
  while (!text.empty()) {
    const auto level = next_level(text);
    if (!filter.empty()) filter += '/';
    filter += level == id_placeholder ? id : level;
  }
  return filter;
}

std::vector<std::string> filled(const std::vector<std::string>& templates, std::string_view id) {
  std::vector<std::string> filters;
  filters.reserve(templates.size());
  for (const auto& text : templates)
    filters.push_back(filled(text, id));
  return filters;
}

}  // namespace

std::size_t bytes_of(const Rights& rights) {
  const auto add = [](std::size_t sum, const std::string& text) { return sum + text.size(); };
  const auto sum = std::accumulate(rights.publish.begin(), rights.publish.end(), std::size_t{0}, add);
  return std::accumulate(rights.subscribe.begin(), rights.subscribe.end(), sum, add);
}

std::expected<Rights, std::string> parse_templates(std::string_view text, const Topics& topics) {
  const auto document = json::parse(text, json::config_bounds);
  if (!document) return std::unexpected("the rights: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  Rights rights{in.optional_texts("publish", limits::rights_filters),
                in.optional_texts("subscribe", limits::rights_filters)};
  check(in, "publish", rights.publish, topics);
  check(in, "subscribe", rights.subscribe, topics);
  if (!fault.empty()) return std::unexpected(std::move(fault));
  const auto longest = DeviceId::parse(std::string(longest_id, 'i')).value();
  if (bytes_of(filled(rights, longest)) > limits::rights_bytes)
    return std::unexpected("publish and subscribe: for an id of 64 characters they have more than " +
                           std::to_string(limits::rights_bytes) + " bytes together");
  return rights;
}

Rights filled(const Rights& templates, const DeviceId& id) {
  return {filled(templates.publish, id.text()), filled(templates.subscribe, id.text())};
}

}  // namespace latchkey::protocol
