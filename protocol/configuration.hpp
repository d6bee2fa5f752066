#pragma once

#include "protocol/answer.hpp"

namespace latchkey::protocol {

/// A configuration message (docs/protocol.md, 6).
struct Configuration {
  std::string device_id;
  std::string session;
  std::string state;
  std::int64_t config_version = 0;
  std::optional<std::string> config;  ///< a JSON object; there while the version is not acknowledged
  std::string sealed;
  std::optional<Connection> connection;
};

[[nodiscard]] std::string encode_configuration(const Configuration& configuration, const Signer& signer);
/// The device's side: the JSON inside a verified JWS.
[[nodiscard]] std::expected<Configuration, std::string> decode_configuration(std::string_view json);

/// RFC 7396: `patch` applied to `target`, both JSON objects ("" counts as {}). If one is no config, that one
/// is returned as it is: the layer is not lost in silence, `expand_config` refuses the result.
[[nodiscard]] std::string merge_config(std::string_view target, std::string_view patch);

/// Fills `${device_id}` and `${attribute.NAME}` inside string values, once. The error is the unknown name,
/// or, after "config: ", what is wrong with the config or its size when filled in.
[[nodiscard]] std::expected<std::string, std::string> expand_config(std::string_view config,
                                                                    const DeviceId& id,
                                                                    std::string_view attributes);

/// A config as an operator stores it: a JSON object of at most `limits::config_bytes`. The error says what is
/// wrong.
[[nodiscard]] std::expected<std::string, std::string> check_config(std::string_view json);

}  // namespace latchkey::protocol
