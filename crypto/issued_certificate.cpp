#include "crypto/issued_certificate.hpp"

#include "crypto/der.hpp"
#include "crypto/fail.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

using der::Reader;
using der::Tag;

constexpr std::array<std::uint8_t, 5> version_3{0xa0, 0x03, 0x02, 0x01, 0x02};
constexpr std::array<std::uint8_t, 3> common_name_id{0x55, 0x04, 0x03};
constexpr std::array<std::uint8_t, 3> boolean_true{0x01, 0x01, 0xff};
constexpr std::size_t most_extensions = 8;

bool same(ByteView a, ByteView b) {
  return std::ranges::equal(a, b);
}

/// Two decimal digits, or nothing.
std::optional<unsigned> pair_at(ByteView digits, std::size_t at) {
  const unsigned tens = digits[at] - unsigned{'0'};
  const unsigned ones = digits[at + 1] - unsigned{'0'};
  if (tens > 9 || ones > 9) return std::nullopt;
  return tens * 10 + ones;
}

std::optional<Time> moment(unsigned year, ByteView rest) {
  const auto month = pair_at(rest, 0);
  const auto day = pair_at(rest, 2);
  const auto hour = pair_at(rest, 4);
  const auto minute = pair_at(rest, 6);
  const auto second = pair_at(rest, 8);
  if (!month || !day || !hour || !minute || !second || rest[10] != 'Z') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

// RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from then on, both to the second and in Z.
std::optional<Time> take_time(Reader& fields) {
  if (const auto utc = fields.take(Tag::utc_time)) {
    if (utc->content.size() != 13) return std::nullopt;
    const auto year = pair_at(utc->content, 0);
    if (!year) return std::nullopt;
    return moment(*year + (*year < 50 ? 2000 : 1900), utc->content.subspan(2));
  }
  const auto general = fields.take(Tag::generalized_time);
  if (!general || general->content.size() != 15) return std::nullopt;
  const auto century = pair_at(general->content, 0);
  const auto year = pair_at(general->content, 2);
  if (!century || !year) return std::nullopt;
  const unsigned whole = *century * 100 + *year;
  if (whole >= 1950 && whole < 2050) return std::nullopt;
  return moment(whole, general->content.subspan(4));
}

std::optional<Validity> take_validity(Reader& fields) {
  const auto validity = fields.take(Tag::sequence);
  if (!validity) return std::nullopt;
  Reader times(validity->content);
  const auto not_before = take_time(times);
  const auto not_after = take_time(times);
  if (!not_before || !not_after || !times.done()) return std::nullopt;
  return Validity{*not_before, *not_after};
}

// Name, RelativeDistinguishedName and AttributeTypeAndValue, one of each.
std::optional<ByteView> take_common_name(Reader& fields) {
  const auto name = fields.take(Tag::sequence);
  if (!name) return std::nullopt;
  const auto relative = der::only(Tag::set, name->content);
  if (!relative) return std::nullopt;
  const auto attribute = der::only(Tag::sequence, *relative);
  if (!attribute) return std::nullopt;
  Reader parts(*attribute);
  const auto type = parts.take(Tag::object_identifier);
  const auto value = parts.take(Tag::utf8_string);
  if (!type || !same(type->content, common_name_id) || !value || !parts.done()) return std::nullopt;
  return value->content;
}

std::optional<IssuedExtension> take_extension(Reader& extensions) {
  const auto extension = extensions.take(Tag::sequence);
  if (!extension) return std::nullopt;
  Reader parts(extension->content);
  const auto id = parts.take(Tag::object_identifier);
  const auto critical = parts.take(Tag::boolean);
  const auto value = parts.take(Tag::octet_string);
  if (!id || !value || !parts.done()) return std::nullopt;
  if (critical && !same(critical->whole, boolean_true)) return std::nullopt;
  return IssuedExtension{id->content, critical.has_value(), value->content};
}

std::optional<std::vector<IssuedExtension>> take_extensions(Reader& fields) {
  const auto tagged = fields.take(Tag::constructed_3);
  if (!tagged) return std::nullopt;
  const auto sequence = der::only(Tag::sequence, tagged->content);
  if (!sequence) return std::nullopt;
  std::vector<IssuedExtension> found;
  found.reserve(most_extensions);
  Reader extensions(*sequence);
  do {
    const auto extension = take_extension(extensions);
    if (!extension || found.size() == most_extensions) return std::nullopt;
    found.push_back(*extension);
  } while (!extensions.done());
  return found;
}

std::unexpected<Error> malformed(std::string_view field) {
  return fail(Fault::malformed, std::string(field) + " is not as it is issued");
}

// TBSCertificate (RFC 5280, 4.1).
Result<IssuedCertificate> read_signed_part(ByteView content) {
  Reader fields(content);
  const auto version = fields.take(Tag::constructed_0);
  if (!version || !same(version->whole, version_3)) return malformed("version");
  const auto serial = fields.take_unsigned();
  if (!serial) return malformed("serial number");
  const auto algorithm = fields.take(Tag::sequence);
  if (!algorithm) return malformed("signature algorithm");
  const auto issuer = fields.take(Tag::sequence);
  if (!issuer) return malformed("issuer");
  const auto validity = take_validity(fields);
  if (!validity) return malformed("validity");
  const auto common_name = take_common_name(fields);
  if (!common_name) return malformed("subject");
  const auto key = fields.take(Tag::sequence);
  if (!key) return malformed("public key");
  auto extensions = take_extensions(fields);
  if (!extensions || !fields.done()) return malformed("the list of extensions");
  return IssuedCertificate{*serial,      algorithm->whole, issuer->whole,          *validity,
                           *common_name, key->whole,       *std::move(extensions), {}};
}

}  // namespace

Result<IssuedCertificate> read_issued(ByteView der) {
  const auto content = der::only(Tag::sequence, der);
  if (!content) return malformed("the outermost sequence");
  Reader parts(*content);
  const auto signed_part = parts.take(Tag::sequence);
  const auto algorithm = parts.take(Tag::sequence);
  const auto signature = parts.take_bits();
  if (!signed_part || !algorithm || !signature || !parts.done()) return malformed("the outermost sequence");
  Result<IssuedCertificate> certificate = read_signed_part(signed_part->content);
  if (!certificate) return certificate;
  if (!same(algorithm->whole, certificate->signature_algorithm)) return malformed("signature algorithm");
  certificate->signature = *signature;
  return certificate;
}

}  // namespace latchkey::crypto
