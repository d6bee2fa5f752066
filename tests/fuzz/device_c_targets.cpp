#include "fuzz/device_c_targets.hpp"

#include "crypto/certificate.hpp"
#include "fuzz/must.hpp"
#include "protocol/json.hpp"

#include <cstring>
#include <string>

extern "C" {
#include "device/c/src/lk_certificate.h"
#include "device/c/src/lk_json.h"
}

namespace latchkey::fuzz {
namespace {

using crypto::Bytes;
using crypto::ByteView;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

/// The device is more lenient with a number that is barely beyond a double: its digits are not counted.
bool is_near_the_end_of_doubles(const std::string& fault) {
  return fault.find("beyond a double") != std::string::npos;
}

lk_slice member(std::string& text, std::string_view& value) {
  static const lk_json_member members[] = {{"status", LK_JSON_TEXT}};
  lk_slice found{};
  lk_slice whole{reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
  if (!lk_json_read(whole, members, 1, &found, false)) return {};
  if (found.data == nullptr) return {};
  lk_json_unescape(&found);
  value = {reinterpret_cast<const char*>(found.data), found.size};
  return found;
}

void compare_member(const protocol::json::Value& document, std::string text) {
  std::string_view value;
  const auto found = document.find("status");
  const bool is_text = found != document.end() && found->is_string();
  const auto slice = member(text, value);
  must(is_text == (slice.data != nullptr), "a member that only one of two readers found");
  if (is_text) must(value == found->get_ref<const std::string&>(), "two values of one string");
}

}  // namespace

void feed_c_json(ByteView input) {
  std::string text(crypto::as_text(input));
  const lk_slice whole{reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
  const bool taken = lk_json_read(whole, nullptr, 0, nullptr, false);
  must(text == crypto::as_text(input), "a reader that writes");
  if (input.size() > protocol::limits::answer_bytes) return;
  const auto document = protocol::json::parse(text, protocol::json::answer_bounds);
  if (taken != document.has_value() && !is_near_the_end_of_doubles(document ? "" : document.error()))
    must(false, document ? "JSON that is refused" : "something that is no JSON is taken");
  if (taken && document) compare_member(*document, text);
}

std::vector<Bytes> json_texts() {
  return {
      bytes_of(
          R"({"status":"accepted","a":[1,{"b":[]},"\u00e4\ud83d\ude00\n"],"c":{"d":{"e":null,"f":true}}})"),
      bytes_of(
          R"({"status":"\u0072etry","retry_after_s":9007199254740991,"x":-1.5e-300, "y" : [ ] , "z":{}})"),
      bytes_of("{}"),
      bytes_of(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}})"),
      bytes_of("{\"a\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\",\"\\u0061b\":0,\"ab\":0.0}"),
  };
}

void feed_c_certificate(ByteView input) {
  lk_certificate read;
  if (!lk_certificate_read({input.data(), input.size()}, &read)) return;
  const auto known = crypto::Certificate::from_der(input);
  if (!known) return;
  must(!read.signs_answers || known->signs_answers(), "a signer of answers that is none");
  const auto key = known->public_key();
  if (read.point == nullptr || !key) return;
  const auto spki = key->spki();
  must(spki.size() == 91 && std::memcmp(spki.data() + 27, read.point, 64) == 0, "another key");
  const auto not_after = known->not_after().time_since_epoch().count();
  must(not_after < 0 || not_after > 4'000'000'000 || static_cast<std::uint32_t>(not_after) == read.not_after,
       "another end");
}

std::vector<Bytes> signer_certificates() {
  const auto now = crypto::Time(std::chrono::seconds(1'800'000'000));
  const crypto::Validity validity{now - std::chrono::hours(1), now + std::chrono::days(20'000)};
  const auto anchor = crypto::make_ca("anchor", validity);
  const auto signer = crypto::make_signing_identity(anchor, "answers", validity);
  const auto broker = crypto::make_server_identity(anchor, {"broker.example", "127.0.0.1"}, validity);
  std::vector<Bytes> all;
  for (const auto* identity : {&anchor, &signer, &broker}) {
    const auto der = identity->certificate.der();
    all.emplace_back(der.begin(), der.end());
  }
  return all;
}

}  // namespace latchkey::fuzz
