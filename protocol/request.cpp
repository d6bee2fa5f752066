#include "protocol/request.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/attributes.hpp"
#include "protocol/jose_header.hpp"
#include "protocol/json.hpp"
#include "protocol/jwk.hpp"
#include "protocol/limits.hpp"
#include "protocol/signer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::protocol {
namespace {

bool is_request_id(std::string_view text) {
  return text.size() >= 16 && text.size() <= 64 && json::is_base64url(text);
}
bool is_token(std::string_view text) {
  const auto size = json::count_characters(text);
  return size >= limits::token_min_chars && size <= limits::token_max_chars;
}
bool is_nonce(std::string_view text) {
  return text.size() <= limits::nonce_chars && json::is_base64url(text);
}

constexpr json::TextRule request_id_rule{is_request_id, "must be 16 to 64 characters of A-Z a-z 0-9 _ -"};
constexpr json::TextRule nonce_rule{is_nonce, "must be at most 128 base64url characters"};

/// The parsed JSON of a request.
struct Body {
  json::Value object = json::Value::object();
  std::string fault;

  void read(std::string_view text) {
    if (auto parsed = json::parse_into(object, text, json::message_bounds); !parsed)
      fault = "request: " + parsed.error();
  }
  /// Also works on an invalid body: the device needs the request_id to match the answer.
  [[nodiscard]] InvalidRequest invalid() const {
    std::string ignored;
    return {json::Reader(object, ignored).optional_text("request_id", request_id_rule), fault};
  }
};

void read_credential(Request& out, const json::Reader& in) {
  const auto credential = in.object("credential");
  const auto type = credential.text("type");
  if (type == "x509") {
    out.credential = CredentialType::x509;
    out.csr = credential.der("csr");
  } else if (type == "password") {
    out.credential = CredentialType::password;
  }
}

std::int64_t read_max_message_bytes(const json::Reader& in) {
  const auto bytes = in.optional_integer("max_message_bytes");
  if (!bytes) return 0;
  if (std::cmp_less(*bytes, limits::least_message_bytes) ||
      std::cmp_greater(*bytes, limits::most_message_bytes))
    in.complain("max_message_bytes", "must be 2048 to 16384");
  return *bytes;
}

/// The members that plain and signed requests share.
Request read_request(const DeviceId& topic_id, const json::Reader& in) {
  Request out{.request_id = in.text("request_id", request_id_rule),
              .device_id = topic_id,
              .csr = {},
              .issued_at = {},
              .nonce = {},
              .encryption_key = {}};
  if (!in.knows_critical({"request_id", "device_id", "credential", "token", "issued_at", "nonce",
                          "encryption_key", "attributes", "max_message_bytes"}))
    in.complain("critical", "lists a member that is not known here");
  if (in.text("device_id") != topic_id.text()) in.complain("device_id", "is not the id of the topic");
  read_credential(out, in);
  if (in.has("encryption_key")) out.encryption_key = read_encryption_key(in.object("encryption_key"));
  if (auto attributes = read_attributes(in)) out.attributes = *std::move(attributes);
  out.max_message_bytes = read_max_message_bytes(in);
  return out;
}

TokenProof read_token(const json::Reader& in) {
  static const std::string nothing;
  const auto* value = in.find("token");
  if (value == nullptr) in.complain("token", "is missing");
  // Not by Reader::text, which would leave a copy of the token in memory.
  const auto* token = value == nullptr ? &nothing : value->get_ptr<const std::string*>();
  if (token == nullptr) in.complain("token", "must be a string");
  if (token == nullptr || !is_token(*token)) in.complain("token", "must be 16 to 256 characters");
  return {crypto::sha256(crypto::as_bytes(token == nullptr ? nothing : *token))};
}

std::expected<ReceivedRequest, InvalidRequest> decode_plain(const DeviceId& topic_id,
                                                            std::string_view payload) {
  Body body;
  body.read(payload);
  if (!body.fault.empty()) return std::unexpected(body.invalid());
  const json::Reader in(body.object, body.fault);
  auto request = read_request(topic_id, in);
  for (const auto* name : {"issued_at", "nonce"})
    if (in.has(name)) in.complain(name, "belongs into a signed request");
  auto proof = read_token(in);
  if (!body.fault.empty()) return std::unexpected(body.invalid());
  return ReceivedRequest{std::move(request), proof};
}

std::expected<ReceivedRequest, InvalidRequest> decode_signed(const DeviceId& topic_id,
                                                             std::string_view payload) {
  auto jws = crypto::parse_compact(payload);
  if (!jws) return std::unexpected(InvalidRequest{{}, "request: is not a JWS: " + jws.error().what});
  Body body;
  body.read(crypto::as_text(jws->payload));
  auto header = read_jose_header(jws->header, request_type);
  if (!header) body.fault = header.error();
  if (!body.fault.empty()) return std::unexpected(body.invalid());
  const json::Reader in(body.object, body.fault);
  auto request = read_request(topic_id, in);
  if (in.has("token")) in.complain("token", "belongs into a plain request");
  request.issued_at = in.optional_integer("issued_at");
  request.nonce = in.optional_text("nonce", nonce_rule);
  if (!body.fault.empty()) return std::unexpected(body.invalid());
  return ReceivedRequest{std::move(request), proof_of(*std::move(jws), *std::move(header))};
}

std::string_view name_of(CredentialType type) {
  switch (type) {
    case CredentialType::x509:
      return "x509";
    case CredentialType::password:
      return "password";
    case CredentialType::other:
      return "other";
  }
  std::unreachable();
}

/// Inserts the token into JSON text in a buffer of the final size: one that grew would leave parts of the
/// token behind.
crypto::Secret with_token(std::string_view object, const crypto::Secret& token) {
  json::Value value(token.text());
  auto quoted = json::write(value);
  constexpr std::string_view name = "{\"token\":";
  crypto::Secret out(name.size() + quoted.size() + object.size());
  auto end = std::ranges::copy(crypto::as_bytes(name), out.writable().begin()).out;
  end = std::ranges::copy(crypto::as_bytes(quoted), end).out;
  *end++ = ',';
  std::ranges::copy(crypto::as_bytes(object.substr(1)), end);
  crypto::wipe(value.get_ref<std::string&>());
  crypto::wipe(quoted);
  return out;
}

void append_with_length(crypto::Bytes& out, crypto::ByteView part) {
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    out.push_back(static_cast<std::uint8_t>(part.size() >> shift));
  std::ranges::copy(part,
                    std::back_inserter(out));  // for insert() g++ 14 warns of an overflow that cannot happen
}

}  // namespace

std::expected<ReceivedRequest, InvalidRequest> decode_request(const DeviceId& topic_id,
                                                              std::string_view payload) {
  if (payload.size() > limits::request_bytes)
    return std::unexpected(InvalidRequest{{}, "request: is larger than 16384 bytes"});
  if (payload.starts_with('{')) return decode_plain(topic_id, payload);
  if (payload.starts_with('e')) return decode_signed(topic_id, payload);
  return std::unexpected(InvalidRequest{{}, "request: is neither a JSON object nor a JWS"});
}

crypto::Secret encode_request(const Request& request, const crypto::Secret* token) {
  json::Value out{{"request_id", request.request_id}, {"device_id", request.device_id.text()}};
  out["credential"]["type"] = name_of(request.credential);
  if (request.credential == CredentialType::x509)
    out["credential"]["csr"] = crypto::base64_encode(request.csr);
  if (token == nullptr && request.issued_at) out["issued_at"] = *request.issued_at;
  if (token == nullptr && request.nonce) out["nonce"] = *request.nonce;
  if (request.max_message_bytes > 0) out["max_message_bytes"] = request.max_message_bytes;
  auto text = json::write(out);
  if (request.encryption_key)
    json::append_member(text, "encryption_key", write_encryption_key(*request.encryption_key));
  if (request.attributes != "{}") json::append_member(text, "attributes", request.attributes);
  return token == nullptr ? crypto::Secret(text) : with_token(text, *token);
}

std::string sign_request(std::string_view payload, crypto::ByteView key,
                         const std::optional<std::string>& group) {
  json::Value header{{"alg", "HS256"}, {"typ", request_type}};
  if (group) header["kid"] = *group;
  return crypto::sign_hs256(json::write(header), payload, key);
}

std::string sign_request(std::string_view payload, const crypto::PrivateKey& key,
                         const RequestHeader& header) {
  json::Value out{{"alg", crypto::name_of(key.algorithm())}, {"typ", request_type}};
  if (header.group) out["kid"] = *header.group;
  for (const auto& certificate : header.chain)
    out["x5c"].push_back(crypto::base64_encode(certificate));
  if (header.current_certificate) out["x5t#S256"] = crypto::base64url_encode(*header.current_certificate);
  return crypto::sign(json::write(out), payload, key);
}

crypto::Sha256Digest request_digest(CredentialType credential, crypto::ByteView spki,
                                    const std::optional<EncryptionKey>& encryption_key) {
  // Lengths are four bytes, big-endian. Never change this: the registry stores digests and compares them for
  // ever.
  crypto::Bytes point;
  if (encryption_key) {
    point = encryption_key->x;
    point.insert(point.end(), encryption_key->y.begin(), encryption_key->y.end());
  }
  crypto::Bytes all;
  append_with_length(all, crypto::as_bytes(name_of(credential)));
  append_with_length(all, credential == CredentialType::x509 ? spki : crypto::ByteView());
  append_with_length(all, point);
  return crypto::sha256(all);
}

}  // namespace latchkey::protocol
