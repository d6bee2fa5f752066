#pragma once

#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <string_view>

namespace latchkey {

/// Makes small changes to what is good. The same changes in every run.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  /// Another text: a bit flipped, a character replaced, doubled, dropped or put in, cut short, or all of it
  /// twice.
  [[nodiscard]] std::string changed_text(std::string_view text) {
    for (;;) {
      std::string out = change(text);
      if (out != text) return out;
    }
  }

  /// Another JSON value in its place.
  [[nodiscard]] nlohmann::json changed_value(const nlohmann::json& value) {
    static const nlohmann::json strange[] = {
        nullptr, true, 0, -1, 1.5, "", "null", nlohmann::json::array(), nlohmann::json::object()};
    for (;;) {
      nlohmann::json out = strange[below(std::size(strange))];
      if (below(8) != 0 && value.is_string()) out = utf8(changed_text(value.get_ref<const std::string&>()));
      if (below(8) != 0 && value.is_number_integer()) out = value.get<std::int64_t>() ^ (1LL << below(53));
      if (below(8) != 0 && value.is_array() && !value.empty()) {
        out = value;
        auto& item = out[below(out.size())];
        item = changed_value(item);
      }
      if (out != value) return out;
    }
  }

 private:
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. {}\"\\";

  std::string change(std::string_view text) {
    std::string out(text);
    if (out.empty()) return std::string(1, alphabet[below(alphabet.size())]);
    const std::size_t at = below(out.size());
    switch (below(7)) {
      case 0:
        out[at] = static_cast<char>(static_cast<unsigned char>(out[at]) ^ (1U << below(8)));
        return out;
      case 1:
        out[at] = alphabet[below(64)];
        return out;
      case 2:
        return out.insert(at, 1, out[at]);
      case 3:
        return out.erase(at, 1);
      case 4:
        return out.insert(at, 1, alphabet[below(alphabet.size())]);
      case 5:
        return out.substr(0, at);
      default:
        return out + out;
    }
  }

  /// nlohmann/json throws when it writes what is not UTF-8.
  static std::string utf8(std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) >= 0x80) c = '~';
    return text;
  }

  std::mt19937_64 random_;
};

}  // namespace latchkey
