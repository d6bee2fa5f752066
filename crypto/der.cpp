#include "crypto/der.hpp"

#include "crypto/openssl.hpp"

#include <algorithm>

namespace latchkey::crypto::der {
namespace {

struct Header {
  std::size_t size;
  std::size_t content_size;
};

// X.690, 10.1: DER requires the shortest form of the length.
std::optional<Header> read_header(ByteView bytes) noexcept {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t first = bytes[1];
  if (first < 0x80) return Header{2, first};
  if (first == 0x81 && bytes.size() >= 3 && bytes[2] >= 0x80) return Header{3, bytes[2]};
  if (first == 0x82 && bytes.size() >= 4 && bytes[2] != 0)
    return Header{4, std::size_t{bytes[2]} << 8 | bytes[3]};
  return std::nullopt;
}

void append_header(Bytes& out, Tag tag, std::size_t size) {
  out.push_back(static_cast<std::uint8_t>(tag));
  if (size >= 0x10000) die("a DER element of 64 KiB or more");
  if (size >= 0x100) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size & 0xff));
}

std::size_t total_size(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts)
    size += part.size();
  return size;
}

void append(Bytes& out, std::initializer_list<ByteView> parts) {
  for (const ByteView part : parts)
    out.insert(out.end(), part.begin(), part.end());
}

void append_decimal(std::string& text, unsigned value, int digits) {
  std::string reversed;
  for (; digits > 0; --digits, value /= 10)
    reversed.push_back(static_cast<char>('0' + value % 10));
  text.append(reversed.rbegin(), reversed.rend());
}

}  // namespace

std::optional<Element> Reader::take(Tag tag) noexcept {
  const std::optional<Header> header = read_header(rest_);
  if (!header || rest_[0] != static_cast<std::uint8_t>(tag)) return std::nullopt;
  if (rest_.size() - header->size < header->content_size) return std::nullopt;
  const ByteView whole = rest_.first(header->size + header->content_size);
  rest_ = rest_.subspan(whole.size());
  return Element{whole.subspan(header->size), whole};
}

std::optional<ByteView> Reader::take_unsigned() noexcept {
  const std::optional<Element> integer = take(Tag::integer);
  if (!integer || integer->content.empty()) return std::nullopt;
  const ByteView content = integer->content;
  if (content[0] >= 0x80) return std::nullopt;
  if (content[0] != 0) return content;
  if (content.size() > 1 && content[1] < 0x80) return std::nullopt;
  return content.subspan(1);
}

std::optional<ByteView> Reader::take_bits() noexcept {
  const std::optional<Element> bits = take(Tag::bit_string);
  if (!bits || bits->content.empty() || bits->content[0] != 0) return std::nullopt;
  return bits->content.subspan(1);
}

std::optional<ByteView> only(Tag tag, ByteView bytes) noexcept {
  Reader reader(bytes);
  const std::optional<Element> element = reader.take(tag);
  if (!element || !reader.done()) return std::nullopt;
  return element->content;
}

Bytes element(Tag tag, std::initializer_list<ByteView> parts) {
  const std::size_t size = total_size(parts);
  Bytes out;
  out.reserve(size + 4);
  append_header(out, tag, size);
  append(out, parts);
  return out;
}

Bytes sequence(std::initializer_list<ByteView> parts) {
  return element(Tag::sequence, parts);
}

Bytes concatenate(std::initializer_list<ByteView> parts) {
  Bytes out;
  out.reserve(total_size(parts));
  append(out, parts);
  return out;
}

Bytes unsigned_integer(ByteView magnitude) {
  static constexpr std::array<std::uint8_t, 1> zero{0};
  while (!magnitude.empty() && magnitude[0] == 0)
    magnitude = magnitude.subspan(1);
  const bool needs_zero = magnitude.empty() || magnitude[0] >= 0x80;
  return element(Tag::integer, {needs_zero ? ByteView(zero) : ByteView(), magnitude});
}

Bytes bit_string(ByteView octets) {
  static constexpr std::array<std::uint8_t, 1> no_unused_bits{0};
  return element(Tag::bit_string, {no_unused_bits, octets});
}

Bytes object_identifier(std::string_view dotted) {
  const openssl::Object object(OBJ_txt2obj(std::string(dotted).c_str(), 1));
  if (!object) die("not an object identifier");
  return openssl::encoded<i2d_ASN1_OBJECT>(object.get());
}

Bytes time(std::chrono::sys_seconds time) {
  static constexpr std::chrono::sys_seconds last{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} -
                                                 std::chrono::seconds{1}};
  const std::chrono::sys_seconds bounded = std::min(time, last);
  const auto day = std::chrono::floor<std::chrono::days>(bounded);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(bounded - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const bool utc_time = year >= 1950 && year < 2050;
  std::string text;
  append_decimal(text, year, utc_time ? 2 : 4);
  append_decimal(text, static_cast<unsigned>(date.month()), 2);
  append_decimal(text, static_cast<unsigned>(date.day()), 2);
  append_decimal(text, static_cast<unsigned>(clock.hours().count()), 2);
  append_decimal(text, static_cast<unsigned>(clock.minutes().count()), 2);
  append_decimal(text, static_cast<unsigned>(clock.seconds().count()), 2);
  text.push_back('Z');
  return element(utc_time ? Tag::utc_time : Tag::generalized_time, {as_bytes(text)});
}

}  // namespace latchkey::crypto::der
