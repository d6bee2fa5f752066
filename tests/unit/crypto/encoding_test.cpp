#include "crypto/encoding.hpp"

#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"

namespace latchkey::crypto {
namespace {

struct Vector {
  std::string_view plain;
  std::string_view base64;
  std::string_view base64url;
};

// RFC 4648, section 10.
constexpr Vector rfc4648[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

TEST_CASE("base64 and base64url agree with the vectors of RFC 4648", "[encoding]") {
  for (const Vector& each : rfc4648) {
    CAPTURE(each.plain);
    CHECK(base64_encode(as_bytes(each.plain)) == each.base64);
    CHECK(base64url_encode(as_bytes(each.plain)) == each.base64url);
    CHECK(base64_decode(each.base64).value() == to_bytes(each.plain));
    CHECK(base64url_decode(each.base64url).value() == to_bytes(each.plain));
  }
}

TEST_CASE("The last two characters of the alphabets differ and are not mixed", "[encoding]") {
  const Bytes bytes{0xfb, 0xff, 0xbf};
  CHECK(base64_encode(bytes) == "+/+/");
  CHECK(base64url_encode(bytes) == "-_-_");
  CHECK_FALSE(base64_decode("-_-_"));
  CHECK_FALSE(base64url_decode("+/+/"));
}

TEST_CASE("Every byte survives both encodings at every length", "[encoding]") {
  Bytes bytes;
  for (int value = 255; value >= 0; --value) {
    bytes.push_back(static_cast<std::uint8_t>(value));
    CHECK(base64_decode(base64_encode(bytes)).value() == bytes);
    CHECK(base64url_decode(base64url_encode(bytes)).value() == bytes);
  }
}

TEST_CASE("base64url that is not exactly what an encoder writes is refused", "[encoding]") {
  const std::string_view text =
      GENERATE(as<std::string_view>{}, "A", "AAAAA", "Zg==", "Zg=", "Zh", "Zm9", "Zm 8", "Zm8\n", " Zm8",
               "Zm8\r\n", "Zm8.", "Zm\xc3\xa4", "=", "====");
  CAPTURE(text);
  const Result<Bytes> decoded = base64url_decode(text);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().fault == Fault::malformed);
}

TEST_CASE("A NUL inside base64url is refused", "[encoding]") {
  CHECK_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST_CASE("base64 without canonical padding is refused", "[encoding]") {
  const std::string_view text = GENERATE(as<std::string_view>{}, "Zg",
                                         "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v\n",
                                         "Zm9v=", "Zm9v====", "Zg =");
  CAPTURE(text);
  CHECK_FALSE(base64_decode(text));
}

TEST_CASE("Hexadecimal is lower-case and has two digits for every byte", "[encoding]") {
  CHECK(to_hex(Bytes{0x00, 0x0f, 0xa0, 0xff}) == "000fa0ff");
  CHECK(to_hex({}).empty());
}

TEST_CASE("Constant-time equality compares lengths and every byte", "[encoding]") {
  const Bytes bytes{1, 2, 3};
  CHECK(equal_constant_time(bytes, Bytes{1, 2, 3}));
  CHECK_FALSE(equal_constant_time(bytes, Bytes{1, 2, 4}));
  CHECK_FALSE(equal_constant_time(bytes, Bytes{0, 2, 3}));
  CHECK_FALSE(equal_constant_time(bytes, Bytes{1, 2}));
  CHECK(equal_constant_time({}, {}));
}

}  // namespace
}  // namespace latchkey::crypto
