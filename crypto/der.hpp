#pragma once

#include "crypto/bytes.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>

// Private to this folder: the part of DER (X.690) that keys, requests and certificates need.
namespace latchkey::crypto::der {

enum class Tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  object_identifier = 0x06,
  utf8_string = 0x0c,
  utc_time = 0x17,
  generalized_time = 0x18,
  sequence = 0x30,
  set = 0x31,
  context_0 = 0x80,  ///< primitive, [0] to [7]
  context_2 = 0x82,
  context_6 = 0x86,
  context_7 = 0x87,
  constructed_0 = 0xa0,
  constructed_3 = 0xa3,
};

struct Element {
  ByteView content;
  ByteView whole;  ///< with tag and length
};

/// Reads the elements of one level, one after the other. Lengths must be definite, canonical and below 64
/// KiB. Copies nothing and does not recurse.
class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : rest_(bytes) {}

  /// The next element if it has this tag; otherwise nothing, and the reader stays where it is.
  [[nodiscard]] std::optional<Element> take(Tag tag) noexcept;
  /// The magnitude of a non-negative INTEGER, without leading zeros (X.690, 8.3): empty for 0.
  [[nodiscard]] std::optional<ByteView> take_unsigned() noexcept;
  /// The octets of a BIT STRING that has no unused bits.
  [[nodiscard]] std::optional<ByteView> take_bits() noexcept;
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

 private:
  ByteView rest_;
};

/// The content of the element in `bytes`, if it has this tag and nothing follows it.
[[nodiscard]] std::optional<ByteView> only(Tag tag, ByteView bytes) noexcept;

[[nodiscard]] Bytes element(Tag tag, std::initializer_list<ByteView> parts);
[[nodiscard]] Bytes sequence(std::initializer_list<ByteView> parts);
[[nodiscard]] Bytes concatenate(std::initializer_list<ByteView> parts);
/// An INTEGER from a big-endian magnitude, in the fewest octets.
[[nodiscard]] Bytes unsigned_integer(ByteView magnitude);
[[nodiscard]] Bytes bit_string(ByteView octets);
/// An OBJECT IDENTIFIER from dotted decimal text, which must be well-formed.
[[nodiscard]] Bytes object_identifier(std::string_view dotted);
/// UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5).
[[nodiscard]] Bytes time(std::chrono::sys_seconds time);

}  // namespace latchkey::crypto::der
