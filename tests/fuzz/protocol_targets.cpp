#include "fuzz/protocol_targets.hpp"

#include "crypto/certificate_request.hpp"
#include "crypto/encoding.hpp"
#include "crypto/jwe.hpp"
#include "fuzz/must.hpp"
#include "protocol/answer.hpp"
#include "protocol/configuration.hpp"
#include "protocol/jose_header.hpp"
#include "protocol/request.hpp"
#include "protocol/sealed.hpp"
#include "protocol/signer.hpp"
#include "protocol/status.hpp"

#include <algorithm>

namespace latchkey::fuzz {
namespace {

using crypto::Bytes;
using crypto::ByteView;

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

const crypto::PrivateKey& key() {
  static const auto made = crypto::PrivateKey::generate_p256();
  return made;
}

protocol::DeviceId device() {
  return protocol::DeviceId::parse("12345").value();
}

Bytes bytes_of(std::string_view text) {
  const auto view = crypto::as_bytes(text);
  return {view.begin(), view.end()};
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

protocol::Request request() {
  protocol::Request made{.request_id = "5f0c9a1e7b3d4c2a",
                         .device_id = device(),
                         .credential = protocol::CredentialType::x509,
                         .csr = crypto::make_certificate_request(key(), "12345"),
                         .issued_at = 1767225600,
                         .nonce = std::nullopt,
                         .encryption_key = std::nullopt,
                         .attributes = R"({"model":"TH-2","slots":4,"outdoor":true})"};
  return made;
}

}  // namespace

void feed_request(ByteView input) {
  const auto decoded = protocol::decode_request(device(), crypto::as_text(input));
  if (decoded) {
    must(decoded->request.device_id.text() == "12345", "a request of another device");
    return;
  }
  must(!decoded.error().message.empty() && decoded.error().message.size() <= 200,
       "a complaint out of bounds");
  must(is_printable(decoded.error().message), "a complaint that repeats odd bytes");
  must(is_printable(decoded.error().request_id.value_or("")), "a request_id of odd bytes");
}

std::vector<Bytes> requests() {
  const crypto::Secret token(std::string_view("a-token-of-24-characters"));
  const crypto::Secret payload = protocol::encode_request(request(), nullptr);
  return {bytes_of(protocol::encode_request(request(), &token).text()),
          bytes_of(protocol::sign_request(payload.text(), crypto::as_bytes(secret), "meters")),
          bytes_of(protocol::sign_request(payload.text(), key(), {"meters", {Bytes{0x30, 0x00}}, {}})),
          bytes_of(protocol::sign_request(payload.text(), key(), {{}, {}, crypto::Sha256Digest{}}))};
}

void feed_jws(ByteView input) {
  const std::string_view text = crypto::as_text(input);
  const auto jws = crypto::parse_compact(text);
  if (!jws) return;
  must(crypto::base64url_encode(jws->header) + "." + crypto::base64url_encode(jws->payload) + "." +
               crypto::base64url_encode(jws->signature) ==
           text,
       "two texts of one JWS");
  for (const std::string_view type :
       {protocol::request_type, protocol::response_type, protocol::status_type, protocol::config_type}) {
    const auto header = protocol::read_jose_header(jws->header, type);
    must(header || is_printable(header.error()), "a complaint that repeats odd bytes");
  }
  static_cast<void>(
      protocol::open_message(protocol::response_type, text, protocol::ServiceAnchors{{}, std::nullopt}));
  static_cast<void>(protocol::open_message(protocol::response_type, text, crypto::Secret(secret)));
}

std::vector<Bytes> signed_messages() {
  auto all = requests();
  all.push_back(bytes_of(
      protocol::sign_message(protocol::response_type, "{}", protocol::Signer(crypto::Secret(secret)))));
  return all;
}

void feed_jwe(ByteView input) {
  const std::string_view text = crypto::as_text(input);
  static const crypto::Secret sealing(secret);
  const auto jwe = crypto::parse_compact_jwe(text);
  const auto by_secret = protocol::open_sealed(text, sealing);
  const auto by_key = protocol::open_sealed(text, key());
  must(jwe || (!by_secret && !by_key), "something opened that is no JWE");
  must(!by_secret || !by_key, "two contents of one JWE");
  static_cast<void>(protocol::read_secrets(text));
}

std::vector<Bytes> sealed_secrets() {
  const protocol::EncryptionKey recipient = [] {
    const ByteView point = ByteView(key().public_key().spki()).last(64);
    return protocol::EncryptionKey{Bytes(point.begin(), point.begin() + 32),
                                   Bytes(point.begin() + 32, point.end())};
  }();
  constexpr std::string_view inside = R"({"password":"p","config":{"a":1}})";
  return {bytes_of(protocol::Sealer(crypto::as_bytes(secret)).seal(inside)),
          bytes_of(protocol::Sealer(recipient).seal(inside)), bytes_of(inside)};
}

void feed_message(ByteView input) {
  const std::string_view text = crypto::as_text(input);
  static_cast<void>(protocol::decode_answer(text));
  static_cast<void>(protocol::decode_configuration(text));
  if (const auto status = protocol::decode_status(device(), text)) {
    const auto plain = protocol::encode_status(status->status);
    const auto again = protocol::decode_status(device(), plain);
    must(again && protocol::encode_status(again->status) == plain, "a status that is read once only");
  }
  const std::string merged = protocol::merge_config(R"({"a":{"b":1}})", text);
  must(protocol::merge_config(merged, "{}") == merged, "a config that changes by itself");
}

std::vector<Bytes> messages() {
  constexpr std::string_view connected =
      R"({"status":"connected","session":"0123456789abcdef","generation":3,"device_id":"12345",)"
      R"("connection":{"host":"b","port":8883}})";
  return {
      bytes_of(connected),
      bytes_of(protocol::sign_status(connected, crypto::as_bytes(secret), "12345@3")),
      bytes_of(protocol::sign_status(connected, key(), crypto::Sha256Digest{})),
      bytes_of(R"({"status":"connected","session":"0123456789abcdef","generation":3})"),
      bytes_of(
          R"({"status":"ready","session":"0123456789abcdef","config_version":4,"attributes":{"model":"A"}})"),
      bytes_of(R"({"status":"failed","session":"0123456789abcdef","code":"disk_full","message":"no space"})"),
      bytes_of(
          R"({"request_id":"5f0c9a1e7b3d4c2a","device_id":"12345","status":"rejected","code":"conflict",)"
          R"("tracking_id":"t","server_time":1767225600,"message":"used"})"),
      bytes_of(
          R"({"request_id":"5f0c9a1e7b3d4c2a","device_id":"12345","status":"accepted","tracking_id":"t",)"
          R"("server_time":1767225600,"generation":1,"credential":{"type":"x509","chain":["MAA="],)"
          R"("renew_after":1767230000},"connection":{"host":"b","port":8883,"tls":true,"client_id":"12345",)"
          R"("topics":"devices/12345"},"config_version":1,"config":{"interval_s":60}})"),
      bytes_of(R"({"device_id":"12345","session":"0123456789abcdef","state":"ready","config_version":7,)"
               R"("config":{"a":{"b":[1,2,3]},"c":null}})")};
}

}  // namespace latchkey::fuzz
