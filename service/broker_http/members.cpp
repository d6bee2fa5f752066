#include "service/broker_http/answers.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace latchkey::service::broker_http {
namespace {

constexpr std::size_t most_members = 16;

/// Nothing if a `%` is not followed by two hexadecimal digits.
std::optional<crypto::Secret> decoded(std::string_view text) {
  crypto::Secret whole(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto value = static_cast<std::uint8_t>(text[at] == '+' ? ' ' : text[at]);
    if (text[at] == '%') {
      const auto digits = text.substr(at + 1, 2);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
      at += 2;
    }
    whole.writable()[size++] = value;
  }
  return crypto::Secret(whole.view().first(size));
}

}  // namespace

std::optional<Members> read_form(std::string_view body) {
  Members members;
  while (!body.empty()) {
    const auto end = body.find('&');
    const auto pair = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || members.size() == most_members) return std::nullopt;
    auto value = decoded(pair.substr(equals + 1));
    if (!value || !members.emplace(pair.substr(0, equals), *std::move(value)).second) return std::nullopt;
  }
  return members;
}

std::optional<Members> read_object(std::string_view body) {
  auto object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object() || object.size() > most_members) return std::nullopt;
  Members members;
  for (auto& [name, value] : object.items()) {
    if (!value.is_string()) continue;
    auto& text = value.get_ref<std::string&>();
    members.emplace(name, crypto::Secret(std::string_view(text)));
    crypto::wipe(text);
  }
  return members;
}

}  // namespace latchkey::service::broker_http
