#pragma once

// Private to this folder: how rows are written for the service's calls.

#include "crypto/bytes.hpp"
#include "registry/columns.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::registry {

/// A JSON array of objects, written as it is said: a row has thirty members, and a tree of them took longer
/// to build than the row to decide. What is NULL is left out.
class RowText {
 public:
  /// The next object; its place in the array is its member `i`.
  void begin();
  /// Device text was checked to be UTF-8 when it was decoded; what is not becomes U+FFFD.
  void text(const Column& column, std::string_view value);
  void number(const Column& column, std::int64_t value);
  void flag(const Column& column, bool value);
  /// As bytea reads it.
  void hex(const Column& column, crypto::ByteView value);
  /// A value that is JSON already: what was read by `protocol/` and written again, never a device's own
  /// words.
  void json(const Column& column, std::string_view value);
  /// The whole array; nothing can be added after it.
  [[nodiscard]] std::string take();

 private:
  void member(std::string_view name);
  std::string out_ = "[";
  std::int64_t rows_ = 0;
};

}  // namespace latchkey::registry
