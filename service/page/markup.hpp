#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::service {

/// Builds HTML. Only string literals can become markup: a `Literal` takes a constant expression, so that a
/// string made at run time does not compile. All other text is escaped.
class Markup {
 public:
  class Literal {
   public:
    consteval Literal(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
    [[nodiscard]] constexpr std::string_view text() const { return text_; }

   private:
    std::string_view text_;
  };

  Markup& raw(Literal literal) {
    html_ += literal.text();
    return *this;
  }
  /// Escapes text for an element's content or an attribute in double quotes. Control characters and
  /// characters that change the writing direction are replaced by visible ones, so that text from a device
  /// cannot disguise itself.
  Markup& text(std::string_view text);
  /// A number with separators, for people: 1,234,567.
  Markup& count(std::int64_t number);
  /// A number for attributes of SVG.
  Markup& number(double number);
  Markup& add(const Markup& other) {
    html_ += other.html_;
    return *this;
  }

  [[nodiscard]] const std::string& html() const& { return html_; }
  [[nodiscard]] std::string html() && { return std::move(html_); }

 private:
  std::string html_;
};

}  // namespace latchkey::service
