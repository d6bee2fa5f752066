#include "protocol/status.hpp"

#include "protocol/attributes.hpp"
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

StatusMessage read_status(const json::Reader& in) {
  StatusMessage out;
  out.kind = read_kind(in);
  out.session = in.text("session", session_rule);
  if (out.kind == StatusKind::connected) out.generation = in.integer("generation");
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

}  // namespace

std::expected<StatusMessage, std::string> decode_status(std::string_view payload) {
  if (payload.size() > limits::status_bytes) return std::unexpected("status: is larger than 4096 bytes");
  const auto document = json::parse(payload, json::message_bounds);
  if (!document) return std::unexpected("status: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  auto status = read_status(in);
  if (!in.knows_critical(
          {"status", "session", "generation", "config_version", "attributes", "code", "message"}))
    in.complain("critical", "lists a member that is not known here");
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return status;
}

std::string encode_status(const StatusMessage& status) {
  json::Value out{{"status", name_of(status.kind)}, {"session", status.session}};
  if (status.kind == StatusKind::connected) out["generation"] = status.generation;
  if (status.kind == StatusKind::ready) out["config_version"] = status.config_version;
  if (status.kind == StatusKind::failed) {
    out["code"] = status.code;
    out["message"] = json::printable(status.message);
  }
  auto text = json::write(out);
  if (status.kind == StatusKind::ready && status.attributes)
    json::append_member(text, "attributes", *status.attributes);
  return text;
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
