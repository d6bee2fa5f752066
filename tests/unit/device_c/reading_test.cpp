#include "crypto/certificate_request.hpp"
#include "device/c/crypto/lk_openssl.h"
#include "support/catch.hpp"

#include <cstring>
#include <string>
#include <string_view>

extern "C" {
#include "device/c/src/lk_csr.h"
#include "device/c/src/lk_der.h"
#include "device/c/src/lk_json.h"
}

// What the device in C reads and writes byte by byte. The fuzz targets c_json and c_certificate compare its
// readers with others.
namespace latchkey::small {
namespace {

using namespace std::string_view_literals;

lk_slice slice(std::string& text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

std::string decoded(std::string text, lk_base64 form) {
  auto in = slice(text);
  return lk_decode(&in, form) ? std::string(in.data, in.data + in.size) : "refused";
}

TEST_CASE("the device in C reads strict base64", "[device_c]") {
  CHECK(decoded("", LK_BASE64URL).empty());
  CHECK(decoded("Zm9vYmE", LK_BASE64URL) == "fooba");
  CHECK(decoded("Zm9vYmE=", LK_BASE64) == "fooba");
  CHECK(decoded("Zg==", LK_BASE64) == "f");
  CHECK(decoded("-_8", LK_BASE64URL) == "\xFB\xFF");
  CHECK(decoded("+/8=", LK_BASE64) == "\xFB\xFF");
  for (const auto* text : {"Zm9vYmE=", "Z", "Zh", "Zm9vYm", "Zm9v\n", "Zm9 ", "+_8", "Zm9v.", "===="})
    CHECK((decoded(text, LK_BASE64URL) == "refused" || std::string(text) == "Zm9vYm"));
  for (const auto* text : {"Zm9vYmE", "Z===", "Zh==", "=", "====", "Zg=a", "-_8=", "Zm9v Zm9v", "Zg==Zg=="})
    CHECK(decoded(text, LK_BASE64) == "refused");
}

bool takes(std::string text) {
  return lk_json_read(slice(text), nullptr, 0, nullptr, false);
}

TEST_CASE("the device in C takes JSON with the protocol's bounds and nothing else", "[device_c]") {
  const auto nested = [](int depth) {
    std::string text = "1";
    for (int i = 0; i < depth; ++i)
      text = R"({"a":)" + text + "}";
    return text;
  };
  CHECK(takes(nested(9)));
  CHECK_FALSE(takes(nested(10)));
  CHECK_FALSE(takes(R"({"a":)" + std::string(100'000, '[')));
  for (const auto* text :
       {R"({"a":9007199254740991})", R"({"a":-9007199254740991})", R"({"a":1.7e308})", R"({"a":0.1e-400})",
        R"({"a":0e999})", R"({"a":[{"b":1},{"b":1}],"b":{"a":1}})", R"( {"a":"\ud83d\ude00"})" + 1})
    CHECK(takes(text));
  for (const auto text : {R"({"a":9007199254740992})"sv,
                          R"({"a":1e309})"sv,
                          R"({"a":00})"sv,
                          R"({"a":1,"a":2})"sv,
                          R"({"a":1,"\u0061":2})"sv,
                          R"({"x":{"a":[],"a":1}})"sv,
                          R"({"x":{"a":{"y":",\"b\":"},"b":2,"b":1}})"sv,
                          R"({"a":"\u0000"})"sv,
                          R"({"\u0000":1})"sv,
                          R"({"a":"\udc00"})"sv,
                          R"({"a":nul})"sv,
                          R"({"a":1}})"sv,
                          R"({"a":1)"sv,
                          R"({"a" 1})"sv,
                          R"([])"sv,
                          R"({,})"sv,
                          R"({"a":[1,]})"sv,
                          R"({"a":[1 2]})"sv,
                          "{\"a\":\"\xF5\x80\x80\x80\"}"sv,
                          "{\"a\":1}\0"sv,
                          " {}"sv,
                          ""sv})
    CHECK_FALSE(takes(std::string(text)));
}

TEST_CASE("the device in C demands the kind and the presence of a member", "[device_c]") {
  static const lk_json_member members[] = {{"a", LK_JSON_TEXT | LK_JSON_REQUIRED}, {"b", LK_JSON_INTEGER}};
  const auto read = [](std::string text, bool only_these = false) {
    lk_slice values[2];
    return lk_json_read(slice(text), members, 2, values, only_these);
  };
  CHECK(read(R"({"a":"x","c":null})"));
  CHECK_FALSE(read(R"({"a":"x","c":null})", true));
  CHECK(read(R"({"\u0061":"x","b":0})", true));
  for (const auto* text : {R"({"b":1})", R"({"a":null})", R"({"a":1})", R"({"a":"x","b":-1})",
                           R"({"a":"x","b":1.0})", R"({"a":"x","b":"1"})", R"({"x":{"a":"y"}})"})
    CHECK_FALSE(read(text));
}

std::uint32_t time_of(std::string der) {
  lk_bytes rest{reinterpret_cast<const std::uint8_t*>(der.data()), der.size()};
  std::uint32_t seconds = 0;
  return lk_der_take_time(&rest, &seconds) && rest.size == 0 ? seconds : 1;
}

TEST_CASE("the device in C reads the times of certificates", "[device_c]") {
  CHECK(time_of("\x17\x0D"
                "700101000000Z") == 0);
  CHECK(time_of("\x17\x0D"
                "000229235959Z") == 951868799);
  CHECK(time_of("\x17\x0D"
                "261129070000Z") == 1795935600);
  CHECK(time_of("\x17\x0D"
                "491231235959Z") == 2524607999);
  CHECK(time_of("\x17\x0D"
                "500101000000Z") == 0);  // 1950: before every time
  CHECK(time_of("\x18\x0F"
                "20500101000000Z") == 2524608000);
  CHECK(time_of("\x18\x0F"
                "21000301000000Z") == 4107542400);
  CHECK(time_of("\x18\x0F"
                "99991231235959Z") == 4294967294);
  for (const auto* text : {"\x17\x0B"
                           "2611290700Z",
                           "\x17\x11"
                           "261129070000+0100",
                           "\x17\x0D"
                           "261329070000Z",
                           "\x17\x0D"
                           "2611290700 0Z",
                           "\x18\x0D"
                           "261129070000Z",
                           "\x02\x01"
                           "1"})
    CHECK(time_of(text) == 1);
}

TEST_CASE("the device in C writes and reads ECDSA signatures in DER", "[device_c]") {
  std::uint8_t raw[64] = {}, der[72], again[64];
  for (const int lead : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
    std::memset(raw, 0, sizeof raw);
    raw[0] = static_cast<std::uint8_t>(lead);
    raw[31] = raw[63] = 1;
    raw[40] = static_cast<std::uint8_t>(lead);
    const auto size = lk_der_write_signature(raw, der);
    REQUIRE(lk_der_read_signature({der, size}, again));
    CHECK(std::memcmp(raw, again, sizeof raw) == 0);
    CHECK_FALSE(lk_der_read_signature({der, size - 1}, again));
  }
  const std::uint8_t padded[] = {0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x01};
  const std::uint8_t negative[] = {0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x01};
  CHECK_FALSE(lk_der_read_signature({padded, sizeof padded}, again));
  CHECK_FALSE(lk_der_read_signature({negative, sizeof negative}, again));
}

TEST_CASE("the device in C writes a request for a certificate that is right for ids of every length",
          "[device_c]") {
  for (std::size_t size = 1; size <= 64; ++size) {
    const std::string id(size, 'x');
    std::uint8_t key[LK_KEY_BYTES], der[LK_CSR_BYTES], point[LK_POINT_BYTES];
    REQUIRE(lk_openssl.make_key(nullptr, key));
    REQUIRE(lk_openssl.public_key(nullptr, key, point));
    const auto length = lk_csr_write(&lk_openssl, key, id.c_str(), der);
    const auto csr = crypto::CertificateRequest::parse({der, length});
    REQUIRE(csr.has_value());
    CHECK(csr->verify_self_signature().has_value());
    CHECK(std::memcmp(csr->key().spki().data() + 27, point, sizeof point) == 0);
    CHECK(std::string(der, der + length).contains(id));
  }
}

}  // namespace
}  // namespace latchkey::small
