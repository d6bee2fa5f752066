#pragma once

#include "protocol/answer.hpp"

namespace latchkey::protocol {

/// A configuration message (docs/protocol.md, 6).
struct Configuration {
  std::string device_id;
  std::string session;
  std::string state;
  std::int64_t config_version = 0;
  std::int64_t confirmed = 0;  ///< the greatest generation that a signed `connected` confirmed; 0: none
  std::optional<std::string> config;  ///< a JSON object; present until the device acknowledges the version
  std::string sealed;
  std::optional<Connection> connection;
};

[[nodiscard]] std::string encode_configuration(const Configuration& configuration, const Signer& signer);
/// The same as one message or, if that is larger than `most_bytes`, as two: the config, then the connection.
/// Each of them may still be larger.
[[nodiscard]] std::vector<std::string> encode_in_parts(Configuration configuration, const Signer& signer,
                                                       std::size_t most_bytes);
/// The size of the largest of these messages, without signing them.
[[nodiscard]] std::size_t size_in_parts(Configuration configuration, const Signer& signer,
                                        std::size_t most_bytes);
/// The device's side: the JSON inside a verified JWS.
[[nodiscard]] std::expected<Configuration, std::string> decode_configuration(std::string_view json);

/// Applies the merge patch `patch` to `target` (RFC 7396); both are JSON objects, "" counts as {}. If one of
/// them is invalid, returns that one unchanged, so that `expand_config` refuses it instead of losing it in
/// silence.
[[nodiscard]] std::string merge_config(std::string_view target, std::string_view patch);

/// Replaces `${device_id}` and `${attribute.NAME}` in string values, once. The error is the unknown name, or,
/// after "config: ", what is wrong with the config or with its size after expansion.
[[nodiscard]] std::expected<std::string, std::string> expand_config(std::string_view config,
                                                                    const DeviceId& id,
                                                                    std::string_view attributes);

/// A config as an operator stores it: a JSON object of at most `limits::config_bytes`. The error says what is
/// wrong.
[[nodiscard]] std::expected<std::string, std::string> check_config(std::string_view json);

}  // namespace latchkey::protocol
