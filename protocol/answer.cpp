#include "protocol/answer.hpp"

#include "crypto/encoding.hpp"
#include "protocol/connection.hpp"
#include "protocol/json.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::protocol {
namespace {

constexpr std::size_t longest_issued_chain = 8;
constexpr std::array statuses{Status::accepted, Status::pending, Status::challenge, Status::rejected,
                              Status::retry};

json::Value write_credential(const CertificateCredential& credential) {
  auto chain = json::Value::array();
  for (const auto& certificate : credential.chain)
    chain.push_back(crypto::base64_encode(certificate));
  return {{"type", "x509"}, {"chain", std::move(chain)}, {"renew_after", credential.renew_after}};
}

json::Value write_credential(const PasswordCredential& credential) {
  json::Value out{{"type", "password"}, {"username", credential.username}};
  if (credential.renew_after) out["renew_after"] = *credential.renew_after;
  return out;
}

void write_acceptance(json::Value& out, const Acceptance& acceptance) {
  out["generation"] = acceptance.generation;
  out["credential"] =
      std::visit([](const auto& credential) { return write_credential(credential); }, acceptance.credential);
  out["config_version"] = acceptance.config_version;
  if (!acceptance.sealed.empty()) out["sealed"] = acceptance.sealed;
}

/// At most, as base64 in a JSON array.
std::size_t ders_size(const std::vector<crypto::Bytes>& ders) {
  constexpr std::size_t punctuation = 8;
  std::size_t size = 0;
  for (const auto& der : ders)
    size += der.size() * 4 / 3 + punctuation;
  return size;
}

/// At most, as strings in a JSON array.
std::size_t texts_size(const std::vector<std::string>& texts) {
  constexpr std::size_t punctuation = 3;
  constexpr std::size_t escaped = 6;  // RFC 8259, 7: a character as \u0000
  std::size_t size = 0;
  for (const auto& text : texts)
    size += escaped * text.size() + punctuation;
  return size;
}

/// False if there is none.
bool leave_out_config(Acceptance& acceptance) {
  if (!acceptance.config && acceptance.sealed == acceptance.sealed_without_config) return false;
  acceptance.config.reset();
  acceptance.sealed = acceptance.sealed_without_config;
  return true;
}

/// False if there are none.
bool leave_out_rights(Connection& connection) {
  if (connection.publish.empty() && connection.subscribe.empty()) return false;
  connection.publish.clear();
  connection.subscribe.clear();
  return true;
}

/// False if there are none.
bool leave_out_ca(Connection& connection) {
  if (connection.ca.empty()) return false;
  connection.ca.clear();
  return true;
}

std::optional<Status> status_named(std::string_view name) {
  for (const auto status : statuses)
    if (name_of(status) == name) return status;
  return std::nullopt;
}

std::optional<std::string> read_request_id(const json::Reader& in) {
  const auto* value = in.find("request_id");
  if (value != nullptr && value->is_null()) return std::nullopt;
  return in.text("request_id");
}

std::variant<CertificateCredential, PasswordCredential> read_credential(const json::Reader& in) {
  const auto credential = in.object("credential");
  const auto type = credential.text("type");
  if (type == "x509")
    return CertificateCredential{.chain = credential.ders("chain", 1, longest_issued_chain),
                                 .renew_after = credential.integer("renew_after")};
  if (type != "password") credential.complain("type", "is not known");
  return PasswordCredential{.username = credential.text("username"),
                            .renew_after = credential.optional_integer("renew_after")};
}

Acceptance read_acceptance(const json::Reader& in) {
  return {.generation = in.integer("generation"),
          .credential = read_credential(in),
          .connection = read_connection(in),
          .config_version = in.integer("config_version"),
          .config = in.optional_object_text("config"),
          .sealed = in.optional_text("sealed").value_or(""),
          .sealed_without_config = {}};
}

/// The members that an answer of any status has.
Answer read_common(const json::Reader& in) {
  return {.request_id = read_request_id(in),
          .device_id = in.text("device_id"),
          .status = Status::retry,
          .tracking_id = in.text("tracking_id"),
          .server_time = in.integer("server_time"),
          .code = in.optional_text("code").value_or(""),
          .message = in.optional_text("message").value_or(""),
          .retry_after_s = in.optional_integer("retry_after_s"),
          .nonce = {},
          .acceptance = {}};
}

bool knows_critical(const json::Reader& in) {
  return in.knows_critical({"request_id", "device_id", "status", "tracking_id", "server_time", "code",
                            "message", "retry_after_s", "nonce", "generation", "credential", "connection",
                            "config_version", "config", "sealed"});
}

}  // namespace

std::string encode_answer(const Answer& answer) {
  json::Value out{{"device_id", answer.device_id},
                  {"status", name_of(answer.status)},
                  {"tracking_id", answer.tracking_id},
                  {"server_time", answer.server_time}};
  out["request_id"] = answer.request_id ? json::Value(*answer.request_id) : json::Value();
  if (!answer.code.empty()) out["code"] = answer.code;
  if (!answer.message.empty()) out["message"] = json::printable(answer.message);
  if (answer.retry_after_s) out["retry_after_s"] = *answer.retry_after_s;
  if (!answer.nonce.empty()) out["nonce"] = answer.nonce;
  if (answer.acceptance) write_acceptance(out, *answer.acceptance);
  auto text = json::write(out);
  if (answer.acceptance)
    json::append_member(text, "connection", write_connection(answer.acceptance->connection));
  if (answer.acceptance && answer.acceptance->config)
    json::append_member(text, "config", *answer.acceptance->config);
  return text;
}

std::string encode_signed_answer(Answer answer, const Signer& signer, std::size_t most_bytes) {
  auto message = sign_message(response_type, encode_answer(answer), signer);
  if (message.size() <= most_bytes || !answer.acceptance || !leave_out_config(*answer.acceptance))
    return message;
  return sign_message(response_type, encode_answer(answer), signer);
}

std::size_t largest_message(std::int64_t max_message_bytes) {
  if (max_message_bytes <= 0) return limits::answer_bytes;
  return std::min(limits::answer_bytes, static_cast<std::size_t>(max_message_bytes));
}

std::size_t bound_of_answer(const Answer& answer) {
  constexpr std::size_t names_and_numbers = 1024;  // with punctuation, all members together
  constexpr std::size_t escaped = 6;               // RFC 8259, 7: a character as \u0000
  std::size_t texts = answer.device_id.size() + answer.tracking_id.size() + answer.code.size() +
                      answer.message.size() + answer.nonce.size();
  if (answer.request_id) texts += answer.request_id->size();
  if (!answer.acceptance) return names_and_numbers + escaped * texts;
  const Acceptance& given = *answer.acceptance;
  const Connection& at = given.connection;
  texts += at.host.size() + at.client_id.size() + at.topics.size();
  std::size_t bytes = given.sealed.size() + ders_size(at.ca) + texts_size(at.publish) +
                      texts_size(at.subscribe) + (given.config ? given.config->size() : 0);
  if (const auto* issued = std::get_if<CertificateCredential>(&given.credential))
    bytes += ders_size(issued->chain);
  else
    texts += std::get<PasswordCredential>(given.credential).username.size();
  return names_and_numbers + escaped * texts + bytes;
}

Fitted fit_answer(Answer& answer, const Signer& signer, std::size_t most_bytes) {
  // Most answers are far below: they are not encoded for this.
  if (const auto most = signed_size(response_type, bound_of_answer(answer), signer); most <= most_bytes)
    return {most};
  const auto size = [&] { return signed_size(response_type, encode_answer(answer).size(), signer); };
  Fitted fitted{size()};
  if (!answer.acceptance) return fitted;
  Connection& connection = answer.acceptance->connection;
  if (fitted.bytes > most_bytes && leave_out_config(*answer.acceptance)) {
    fitted.without_config = true;
    fitted.bytes = size();
  }
  if (fitted.bytes > most_bytes && leave_out_rights(connection)) {
    fitted.without_rights = true;
    fitted.bytes = size();
  }
  if (fitted.bytes > most_bytes && leave_out_ca(connection)) {
    fitted.without_ca = true;
    fitted.bytes = size();
  }
  return fitted;
}

std::expected<Answer, std::string> decode_answer(std::string_view text) {
  const auto document = json::parse(text, json::answer_bounds);
  if (!document) return std::unexpected("answer: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  auto answer = read_common(in);
  const auto status = status_named(in.text("status"));
  // A critical member that this version does not know: the device asks again, perhaps after its update.
  const bool understood = knows_critical(in);
  if (understood && !status) in.complain("status", "is not known");
  if (understood && status) answer.status = *status;
  if (answer.status == Status::challenge) answer.nonce = in.text("nonce");
  if (answer.status == Status::accepted) answer.acceptance = read_acceptance(in);
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return answer;
}

}  // namespace latchkey::protocol
