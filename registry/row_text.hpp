#pragma once

// Private to this folder: writes the rows of the service's calls.

#include "crypto/bytes.hpp"
#include "registry/columns.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::registry {

/// Writes a JSON array of objects as text, without a tree: a row has thirty members, and to build a tree took
/// longer than to decide the row. NULL members are omitted.
class RowText {
 public:
  /// Begins the next object, whose member `i` is its index.
  void begin();
  /// Text from devices was checked as UTF-8 when decoded; other invalid UTF-8 becomes U+FFFD.
  void text(const Column& column, std::string_view value);
  void number(const Column& column, std::int64_t value);
  void flag(const Column& column, bool value);
  /// In bytea's hex format.
  void hex(const Column& column, crypto::ByteView value);
  /// A value that is JSON already. It must come from our JSON writer, never unparsed from a device.
  void json(const Column& column, std::string_view value);
  /// Ends and returns the array.
  [[nodiscard]] std::string take();

 private:
  void member(std::string_view name);
  std::string out_ = "[";
  std::int64_t rows_ = 0;
};

}  // namespace latchkey::registry
