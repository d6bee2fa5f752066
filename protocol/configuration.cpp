#include "protocol/configuration.hpp"

#include "protocol/connection.hpp"
#include "protocol/json.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::protocol {
namespace {

Configuration read_configuration(const json::Reader& in) {
  return {.device_id = in.text("device_id"),
          .session = in.text("session"),
          .state = in.text("state"),
          .config_version = in.integer("config_version"),
          .confirmed = in.optional_integer("confirmed").value_or(0),
          .config = in.optional_object_text("config"),
          .sealed = in.optional_text("sealed").value_or(""),
          .connection = in.has("connection") ? std::optional(read_connection(in)) : std::nullopt};
}

std::string text_of(const Configuration& configuration) {
  json::Value out{{"device_id", configuration.device_id},
                  {"session", configuration.session},
                  {"state", configuration.state},
                  {"config_version", configuration.config_version},
                  {"confirmed", configuration.confirmed}};
  if (!configuration.sealed.empty()) out["sealed"] = configuration.sealed;
  auto text = json::write(out);
  if (configuration.connection)
    json::append_member(text, "connection", write_connection(*configuration.connection));
  if (configuration.config) json::append_member(text, "config", *configuration.config);
  return text;
}

std::vector<std::string> texts_in_parts(Configuration configuration, const Signer& signer,
                                        std::size_t most_bytes) {
  auto whole = text_of(configuration);
  if (!configuration.connection || signed_size(config_type, whole.size(), signer) <= most_bytes)
    return {std::move(whole)};
  auto connection = std::exchange(configuration.connection, std::nullopt);
  std::vector<std::string> parts{text_of(configuration)};
  configuration.config.reset();
  configuration.sealed.clear();
  configuration.connection = std::move(connection);
  parts.push_back(text_of(configuration));
  return parts;
}

}  // namespace

std::string encode_configuration(const Configuration& configuration, const Signer& signer) {
  return sign_message(config_type, text_of(configuration), signer);
}

std::vector<std::string> encode_in_parts(Configuration configuration, const Signer& signer,
                                         std::size_t most_bytes) {
  auto parts = texts_in_parts(std::move(configuration), signer, most_bytes);
  for (std::string& part : parts)
    part = sign_message(config_type, part, signer);
  return parts;
}

std::size_t size_in_parts(Configuration configuration, const Signer& signer, std::size_t most_bytes) {
  std::size_t size = 0;
  for (const auto& part : texts_in_parts(std::move(configuration), signer, most_bytes))
    size = std::max(size, signed_size(config_type, part.size(), signer));
  return size;
}

std::expected<Configuration, std::string> decode_configuration(std::string_view text) {
  const auto document = json::parse(text, json::answer_bounds);
  if (!document) return std::unexpected("configuration: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  auto configuration = read_configuration(in);
  if (!in.knows_critical(
          {"device_id", "session", "state", "config_version", "confirmed", "config", "sealed", "connection"}))
    in.complain("critical", "lists a member that is not known here");
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return configuration;
}

}  // namespace latchkey::protocol
