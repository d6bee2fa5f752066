#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/answer.hpp"
#include "protocol/configuration.hpp"
#include "protocol/json.hpp"
#include "protocol/status.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

namespace latchkey::protocol {
namespace {

using namespace fixtures;

bool is_fit_for_an_answer(std::string_view message) {
  return !message.empty() && message.size() <= 200 &&
         std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; });
}

/// Every reader gets every text; what they refuse, they refuse presentably.
void feed_everyone(std::string_view text) {
  if (const auto request = decode_request(device(), text); !request)
    CHECK(is_fit_for_an_answer(request.error().message));
  if (const auto status = decode_status(device(), text); !status) CHECK(is_fit_for_an_answer(status.error()));
  if (const auto answer = decode_answer(text); !answer) CHECK(is_fit_for_an_answer(answer.error()));
  if (const auto config = decode_configuration(text); !config) CHECK(is_fit_for_an_answer(config.error()));
  if (const auto config = check_config(text); !config) CHECK(is_fit_for_an_answer(config.error()));
  CHECK_FALSE(open_message(response_type, text, crypto::Secret(std::string_view("another key"))));
  (void)DeviceId::parse(text);
}

std::vector<std::string> naughty_strings() {
  const auto path = corpus("strings/blns.base64.json");
  std::vector<std::string> out;
  if (path.empty()) return out;
  for (const auto& line : Json::parse(read_file(path)))
    out.emplace_back(crypto::as_text(crypto::base64_decode(line.get<std::string>()).value()));
  return out;
}

std::string quote(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Some of the strings are pieces of UTF-8, which no JSON can hold: U+FFFD in their place.
std::string as_utf8(const std::string& text) {
  return Json::parse(quote(text)).get<std::string>();
}

void try_as_attribute(const std::string& text) {
  const auto quoted = quote(text);
  const auto decoded = decode_request(device(), with(plain_request(), "/attributes/model", quoted).dump());
  if (!decoded) return;
  CHECK(Json::parse(decoded->request.attributes)["model"] == Json::parse(quoted));
}

void try_as_token(const std::string& text) {
  auto request = plain_request();
  request["token"] = text;
  const auto decoded = decode_request(device(), request.dump());
  const auto size = json::count_characters(text);
  CHECK(decoded.has_value() == (size >= 16 && size <= 256));
  if (decoded)
    CHECK(std::get<TokenProof>(decoded->proof).token_hash == crypto::sha256(crypto::as_bytes(text)));
}

void try_as_group(const std::string& text) {
  const auto decoded = decode_request(device(), sign_request(signed_request().dump(), key().view(), text));
  CHECK(decoded.has_value() == (!text.empty() && text.size() <= 128));
  if (decoded) CHECK(std::get<SignatureProof>(decoded->proof).kid == text);
}

void try_as_device_id(const std::string& text) {
  const auto quoted = quote(text);
  const auto id = DeviceId::parse(text);
  const auto message = with(plain_request(), "/device_id", quoted).dump();
  CHECK(decode_request(id.value_or(device()), message).has_value() == id.has_value());
  CHECK(is_fit_for_an_answer(fault_of(message)));
}

}  // namespace

TEST_CASE("every truncation of a message is refused presentably") {
  const auto plain = plain_request().dump();
  const auto signed_message = jws(jose_header(), signed_request());
  for (const auto& message : {plain, signed_message})
    for (std::size_t size = 0; size < message.size(); ++size)
      feed_everyone(message.substr(0, size));
  for (std::size_t size = 0; size < plain.size(); ++size)
    CHECK_FALSE(fault_of(plain.substr(0, size)).empty());
  // A cut signature is a wrong one, which only its key can tell; a cut payload is no request.
  for (std::size_t size = 0; size < signed_message.rfind('.'); ++size)
    CHECK_FALSE(fault_of(signed_message.substr(0, size)).empty());
}

TEST_CASE("every byte of a message may be anything") {
  for (auto message : {plain_request().dump(), jws(jose_header(), signed_request())}) {
    for (auto& byte : message) {
      const auto before = byte;
      for (const int value : {0x00, 0x22, 0x2E, 0x5C, 0x7B, 0x7F, 0x80, 0xFF}) {
        byte = static_cast<char>(value);
        feed_everyone(message);
      }
      byte = before;
    }
  }
}

TEST_CASE("hostile shapes are refused quickly", "[native]") {
  const auto begin = std::chrono::steady_clock::now();
  std::string wide = R"({"request_id":"5f0c9a1e7b3d4c2a","x":[)";
  while (wide.size() < 16000)
    wide += "[],";
  for (const auto& text :
       {std::string(100'000, '['), "{\"a\":" + std::string(100'000, '['), std::string(100'000, '{'),
        "{\"a\":" + std::string(16000, '['), wide + "[]]}", "{\"" + std::string(16000, 'a') + "\":1}",
        std::string(16384, 'e'), "e" + std::string(100'000, '.'), "{\"a\":1" + std::string(16000, '0') + "}"})
    feed_everyone(text);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("naughty strings come back as they were, or are refused") {
  const auto strings = naughty_strings();
  if (strings.empty()) {
    WARN("skipped: LATCHKEY_CORPORA is not set");
    return;
  }
  for (const auto& text : strings) {
    CAPTURE(text);
    feed_everyone(text);
    try_as_attribute(text);
    try_as_token(as_utf8(text));
    try_as_group(as_utf8(text));
    try_as_device_id(text);
  }
  std::cout << "naughty strings: " << strings.size() << " tried\n";
}

TEST_CASE("JSONTestSuite: what must parse parses within our bounds, what must not does not") {
  const auto folder = corpus("json/test_parsing");
  if (folder.empty()) {
    WARN("skipped: LATCHKEY_CORPORA is not set");
    return;
  }
  int ran = 0;
  std::set<std::string> refused;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    const auto document = read_file(entry.path().string());
    CAPTURE(name);
    feed_everyone(document);
    const bool parsed = json::parse("{\"unknown\":" + document + "}", json::message_bounds).has_value();
    if (name.starts_with("n_")) CHECK_FALSE(parsed);
    if (name.starts_with("y_") && !parsed) refused.insert(name);
    ++ran;
  }
  // What JSON allows and this protocol does not: a key twice, and U+0000.
  CHECK(refused == std::set<std::string>{"y_object_duplicated_key.json",
                                         "y_object_duplicated_key_and_value.json",
                                         "y_object_escaped_null_in_key.json", "y_string_null_escape.json"});
  std::cout << "JSONTestSuite: " << ran << " files\n";
}

}  // namespace latchkey::protocol
