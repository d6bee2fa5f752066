#include "protocol/json.hpp"
#include "protocol/limits.hpp"
#include "protocol/sealed.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::protocol {
namespace {

// A device stores the password as one line of a file.
bool is_password(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !text.empty() && json::count_characters(text) <= 256 && std::ranges::none_of(text, is_control);
}
constexpr json::TextRule password_rule{is_password, "must be 1 to 256 characters, none of them a control"};

// NOLINTNEXTLINE(misc-no-recursion): the parser has limited the depth
void wipe_strings(json::Value& value) {
  if (value.is_string()) crypto::wipe(value.get_ref<std::string&>());
  if (!value.is_structured()) return;
  for (auto& item : value)
    wipe_strings(item);
}

/// Copies `text` into a Secret and wipes it.
crypto::Secret taken_from(std::string text) {
  crypto::Secret secret{std::string_view(text)};
  crypto::wipe(text);
  return secret;
}

std::optional<crypto::Secret> taken_from(std::optional<std::string> text) {
  if (!text) return std::nullopt;
  return taken_from(*std::move(text));
}

}  // namespace

crypto::Secret write_secrets(const Secrets& secrets) {
  std::string text = "{}";
  if (secrets.password) text = json::write({{"password", secrets.password->text()}});
  if (secrets.config && secrets.password) json::append_member(text, "config", secrets.config->text());
  if (secrets.config && !secrets.password)
    text.assign("{\"config\":").append(secrets.config->text()).append("}");
  return taken_from(std::move(text));
}

std::expected<Secrets, std::string> read_secrets(std::string_view text) {
  json::Value object = json::Value::object();
  const auto parsed = json::parse_into(object, text, json::answer_bounds);
  std::string fault = parsed ? "" : "secrets: " + parsed.error();
  Secrets secrets;
  if (parsed) {
    const json::Reader in(object, fault);
    secrets.password = taken_from(in.optional_text("password", password_rule));
    secrets.config = taken_from(in.optional_object_text("config"));
  }
  wipe_strings(object);
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return secrets;
}

std::string seal_config(const SealingKey& key, std::string_view config) {
  Secrets secrets;
  secrets.config = crypto::Secret(config);
  return Sealer(key).seal(write_secrets(secrets).text());
}

}  // namespace latchkey::protocol
