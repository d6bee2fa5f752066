#pragma once

// Private to this folder: how rows are written for the functions of 0002_service.sql.

#include "crypto/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::registry {

/// A JSON array of objects, written as it is said: a row has thirty members, and a tree of them took longer
/// to build than the row to decide. What is NULL is left out. Names are plain words.
class RowText {
 public:
  /// The next object; its place in the array is its member `i`.
  void begin();
  /// Device text was checked to be UTF-8 when it was decoded; what is not becomes U+FFFD.
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, std::int64_t value);
  void flag(std::string_view name, bool value);
  /// As bytea reads it.
  void hex(std::string_view name, crypto::ByteView value);
  /// A value that is JSON already: what was read by `protocol/` and written again, never a device's own
  /// words.
  void json(std::string_view name, std::string_view value);
  /// The whole array; nothing can be added after it.
  [[nodiscard]] std::string take();

 private:
  void member(std::string_view name);
  std::string out_ = "[";
  std::int64_t rows_ = 0;
};

}  // namespace latchkey::registry
