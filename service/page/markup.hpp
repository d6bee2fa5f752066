#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::service {

/// HTML in the making. Only text that stands in the program can become markup: a string that was put together
/// at run time does not compile as a `Literal`, and everything else is escaped.
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
  /// For the content of an element or of an attribute in double quotes. Control characters, and those that
  /// turn the direction of writing, become visible: what a device sent looks like what it is.
  Markup& text(std::string_view text);
  /// As a person reads it: 1,234,567.
  Markup& count(std::int64_t number);
  /// As a program reads it: for attributes of SVG.
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
