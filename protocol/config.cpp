#include "protocol/configuration.hpp"
#include "protocol/json.hpp"
#include "protocol/limits.hpp"

#include <utility>

namespace latchkey::protocol {
namespace {

using json::Value;

std::expected<Value, std::string> parse_config(std::string_view text) {
  return json::parse(text.empty() ? "{}" : text, json::config_bounds);
}

/// Expands the references in one config. An inserted value is not expanded again, so an attribute cannot
/// refer to another.
class Expander {
 public:
  Expander(const DeviceId& id, const Value& attributes) : id_(id), attributes_(attributes) {}

  /// The parser has limited the depth.
  bool expand(Value& value) {  // NOLINT(misc-no-recursion)
    if (value.is_string()) return expand_text(value.get_ref<std::string&>());
    if (!value.is_structured()) return true;
    for (auto& item : value)
      if (!expand(item)) return false;
    return true;
  }
  [[nodiscard]] std::string take_unknown() { return json::printable(std::exchange(unknown_, {})); }

 private:
  bool expand_text(std::string& text) {
    if (!text.contains("${")) return true;
    std::string out;
    std::string_view rest = text;
    for (auto start = rest.find("${"); start != rest.npos; start = rest.find("${")) {
      const auto end = rest.find('}', start);
      if (end == rest.npos) break;
      const auto value = value_of(rest.substr(start + 2, end - start - 2));
      if (!value) return false;
      out.append(rest.substr(0, start)).append(*value);
      rest.remove_prefix(end + 1);
    }
    text = out.append(rest);
    return true;
  }
  std::optional<std::string> value_of(std::string_view name) {
    constexpr std::string_view prefix = "attribute.";
    if (name == "device_id") return id_.text();
    const auto found =
        name.starts_with(prefix) ? attributes_.find(name.substr(prefix.size())) : attributes_.end();
    if (found != attributes_.end())
      return found->is_string() ? found->get<std::string>() : json::write(*found);
    unknown_ = name;
    return std::nullopt;
  }

  const DeviceId& id_;
  const Value& attributes_;
  std::string unknown_;
};

const std::string too_large = "config: is larger than 3072 bytes";

}  // namespace

std::string merge_config(std::string_view target, std::string_view patch) {
  auto merged = parse_config(target);
  if (!merged) return std::string(target);
  const auto changes = parse_config(patch);
  if (!changes) return std::string(patch);
  merged->merge_patch(*changes);
  return json::write(*merged);
}

std::expected<std::string, std::string> expand_config(std::string_view config, const DeviceId& id,
                                                      std::string_view attributes) {
  auto value = parse_config(config);
  if (!value) return std::unexpected("config: " + value.error());
  const auto known = parse_config(attributes);
  if (!known) return std::unexpected("attributes: " + known.error());
  Expander expander(id, *known);
  if (!expander.expand(*value)) return std::unexpected(expander.take_unknown());
  auto text = json::write(*value);
  if (text.size() > limits::config_bytes) return std::unexpected(too_large);
  return text;
}

std::expected<std::string, std::string> check_config(std::string_view text) {
  const auto value = json::parse(text, json::config_bounds);
  if (!value) return std::unexpected("config: " + value.error());
  auto compact = json::write(*value);
  if (compact.size() > limits::config_bytes) return std::unexpected(too_large);
  return compact;
}

}  // namespace latchkey::protocol
