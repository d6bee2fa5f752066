#pragma once

#include "device/proof.hpp"
#include "protocol/answer.hpp"
#include "protocol/sealed.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads and writes the files of a device's folder. An unreadable file counts as missing: the device requests
/// its content again.
namespace latchkey::device {

/// request.json
struct RequestRecord {
  std::string device_id;
  std::string request_id;
  bool has_key = true;              ///< request-key.pem is part of it
  bool has_encryption_key = false;  ///< request-encryption-key.pem is part of it
  std::int64_t renews = 0;          ///< the generation whose certificate signs it; 0: the factory's proof
};
[[nodiscard]] std::string write_record(const RequestRecord& record);
[[nodiscard]] std::optional<RequestRecord> read_request_record(std::string_view text);

/// credential-<generation>/connection.json
struct CredentialRecord {
  std::string device_id;
  std::int64_t generation = 0;
  std::string request_id;                 ///< the request that this credential answered
  std::int64_t renew_after = 0;           ///< 0: never
  std::optional<std::string> username;    ///< set if the credential is a password
  bool has_encryption_key = false;        ///< encryption-key.pem belongs to it
  std::optional<AnsweredBy> answered_by;  ///< nothing in older files: by the device's proof
  /// One or two, newest first: the new one is tried first, and the old one is kept until the new one has
  /// worked.
  std::vector<protocol::Connection> connections;
};
[[nodiscard]] std::string write_record(const CredentialRecord& record);
[[nodiscard]] std::optional<CredentialRecord> read_credential_record(std::string_view text);

/// config.json: the last received configuration, and which version is applied
struct ConfigRecord {
  std::int64_t version = 0;
  std::string config = "{}";         ///< a JSON object
  bool is_secret = false;            ///< it was sealed: never print it
  std::int64_t applied_version = 0;  ///< below `version` until that is applied

  [[nodiscard]] bool is_applied() const noexcept { return applied_version == version; }
};
/// The configuration in a message, sealed or in clear; nothing if it has none.
[[nodiscard]] std::optional<ConfigRecord> config_of(std::int64_t version,
                                                    const std::optional<std::string>& in_clear,
                                                    const protocol::Secrets& secrets);
[[nodiscard]] std::string write_record(const ConfigRecord& record);
[[nodiscard]] std::optional<ConfigRecord> read_config_record(std::string_view text);

/// clock.json
struct ClockRecord {
  std::int64_t server_time = 0;
};
[[nodiscard]] std::string write_record(const ClockRecord& record);
[[nodiscard]] std::optional<ClockRecord> read_clock_record(std::string_view text);

}  // namespace latchkey::device
