#include "protocol/status.hpp"

#include "crypto/encoding.hpp"
#include "protocol/attributes.hpp"
#include "protocol/connection.hpp"
#include "protocol/jose_header.hpp"
#include "protocol/json.hpp"
#include "protocol/limits.hpp"

#include <array>
#include <utility>

namespace latchkey::protocol {
namespace {

constexpr std::size_t longest_code = 64;
constexpr std::array kinds{StatusKind::connected, StatusKind::ready, StatusKind::failed,
                           StatusKind::disconnected};

constexpr json::TextRule session_rule{
    [](std::string_view text) { return text.size() >= 8 && text.size() <= 32 && json::is_base64url(text); },
    "must be 8 to 32 characters of A-Z a-z 0-9 _ -"};
constexpr json::TextRule code_rule{
    [](std::string_view text) { return !text.empty() && json::count_characters(text) <= longest_code; },
    "must be 1 to 64 characters"};

StatusKind read_kind(const json::Reader& in) {
  const auto name = in.text("status");
  for (const auto kind : kinds)
    if (name_of(kind) == name) return kind;
  in.complain("status", "is not known");
  return StatusKind::disconnected;
}

std::string read_previous(const json::Reader& in, std::string_view session) {
  auto previous = in.optional_text("previous", session_rule).value_or("");
  if (!previous.empty() && previous == session) in.complain("previous", "is the session itself");
  return previous;
}

StatusMessage read_status(const json::Reader& in) {
  StatusMessage out;
  out.kind = read_kind(in);
  out.session = in.text("session", session_rule);
  if (out.kind == StatusKind::connected) {
    out.generation = in.integer("generation");
    out.previous = read_previous(in, out.session);
  }
  if (out.kind == StatusKind::ready) {
    out.config_version = in.integer("config_version");
    out.attributes = read_attributes(in);
  }
  if (out.kind == StatusKind::failed) {
    out.code = json::printable(in.text("code", code_rule));
    out.message = json::printable(in.optional_text("message").value_or(""));
  }
  return out;
}

/// Where the device says that it is connected.
void read_place(StatusProof& proof, const DeviceId& topic_id, const json::Reader& in) {
  if (in.text("device_id") != topic_id.text()) in.complain("device_id", "is not the id of the topic");
  const auto connection = in.object("connection");
  proof.host = connection.text("host");
  proof.port = read_port(connection);
}

std::expected<ReceivedStatus, std::string> read_message(const DeviceId& topic_id, std::string_view text,
                                                        std::optional<StatusProof> proof) {
  const auto document = json::parse(text, json::message_bounds);
  if (!document) return std::unexpected("status: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  ReceivedStatus out{read_status(in), std::move(proof)};
  if (out.proof && out.status.kind != StatusKind::connected) in.complain("status", "is never signed");
  if (out.proof) read_place(*out.proof, topic_id, in);
  if (!in.knows_critical({"status", "session", "generation", "config_version", "attributes", "code",
                          "message", "device_id", "connection", "previous"}))
    in.complain("critical", "lists a member that is not known here");
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return out;
}

std::expected<ReceivedStatus, std::string> read_signed(const DeviceId& topic_id, std::string_view text) {
  auto jws = crypto::parse_compact(text);
  if (!jws) return std::unexpected("status: is not a JWS: " + jws.error().what);
  auto header = read_jose_header(jws->header, status_type);
  if (!header) return std::unexpected(std::move(header).error());
  if (!header->x5c.empty()) return std::unexpected("x5c: belongs into a request");
  if (header->algorithm != crypto::Algorithm::hs256 && !header->x5t_s256)
    return std::unexpected("x5t#S256: is missing");
  const auto payload = jws->payload;
  return read_message(topic_id, crypto::as_text(payload),
                      StatusProof{proof_of(*std::move(jws), *std::move(header)), {}, {}});
}

json::Value header_of(std::string_view algorithm) {
  return {{"alg", algorithm}, {"typ", status_type}};
}

json::Value members_of(const StatusMessage& status) {
  json::Value out{{"status", name_of(status.kind)}, {"session", status.session}};
  if (status.kind == StatusKind::connected) {
    out["generation"] = status.generation;
    if (!status.previous.empty()) out["previous"] = status.previous;
  }
  if (status.kind == StatusKind::ready) out["config_version"] = status.config_version;
  if (status.kind == StatusKind::failed) {
    out["code"] = status.code;
    out["message"] = json::printable(status.message);
  }
  return out;
}

}  // namespace

std::expected<ReceivedStatus, std::string> decode_status(const DeviceId& topic_id, std::string_view payload) {
  if (payload.size() > limits::status_bytes) return std::unexpected("status: is larger than 4096 bytes");
  return payload.starts_with('e') ? read_signed(topic_id, payload) : read_message(topic_id, payload, {});
}

std::string encode_status(const StatusMessage& status) {
  auto text = json::write(members_of(status));
  if (status.kind == StatusKind::ready && status.attributes)
    json::append_member(text, "attributes", *status.attributes);
  return text;
}

std::string encode_signed_status(const StatusMessage& connected, const std::string& device_id,
                                 const Connection& connection) {
  auto out = members_of(connected);
  out["device_id"] = device_id;
  out["connection"] = {{"host", connection.host}, {"port", connection.port}};
  return json::write(out);
}

std::string sign_status(std::string_view payload, crypto::ByteView key,
                        const std::optional<std::string>& kid) {
  auto header = header_of(crypto::name_of(crypto::Algorithm::hs256));
  if (kid) header["kid"] = *kid;
  return crypto::sign_hs256(json::write(header), payload, key);
}

std::string sign_status(std::string_view payload, const crypto::PrivateKey& key,
                        const crypto::Sha256Digest& certificate) {
  auto header = header_of(crypto::name_of(key.algorithm()));
  header["x5t#S256"] = crypto::base64url_encode(certificate);
  return crypto::sign(json::write(header), payload, key);
}

std::string_view name_of(StatusKind kind) noexcept {
  switch (kind) {
    case StatusKind::connected:
      return "connected";
    case StatusKind::ready:
      return "ready";
    case StatusKind::failed:
      return "failed";
    case StatusKind::disconnected:
      return "disconnected";
  }
  std::unreachable();
}

}  // namespace latchkey::protocol
