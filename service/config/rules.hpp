#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Rules for single options. Each returns what is wrong and what is allowed, or nothing. An error never
/// quotes a value that may contain a secret.
namespace latchkey::service::rules {

using Complaint = std::optional<std::string>;

/// True if a database URL or `key=value` pairs contain a password.
[[nodiscard]] bool holds_password(std::string_view database_url);

[[nodiscard]] Complaint database_url(const std::string& value);
[[nodiscard]] Complaint broker_url(const std::string& value);
/// Names of the service's accounts and clients, which must not be device ids (docs/protocol.md, 1).
[[nodiscard]] Complaint no_device_id(const std::string& value);
[[nodiscard]] Complaint mqtt_version(const std::string& value);
[[nodiscard]] Complaint access_mode(const std::string& value);
[[nodiscard]] Complaint session_cut(const std::string& value);
[[nodiscard]] Complaint absolute_path(const std::string& value);
[[nodiscard]] Complaint share_group(const std::string& value);
[[nodiscard]] Complaint topic_root(const std::string& value);
[[nodiscard]] Complaint host(const std::string& value);
[[nodiscard]] Complaint listen_address(const std::string& value);
[[nodiscard]] Complaint question_address(const std::string& value);
[[nodiscard]] Complaint log_level(const std::string& value);
[[nodiscard]] Complaint log_format(const std::string& value);

/// Rules for files, given by path.
[[nodiscard]] Complaint readable(const std::string& path);
[[nodiscard]] Complaint one_line(const std::string& path);
[[nodiscard]] Complaint page_token(const std::string& path);
[[nodiscard]] Complaint master_key(const std::string& path);
[[nodiscard]] Complaint not_for_everybody(const std::string& path);
[[nodiscard]] Complaint certificates(const std::string& path);
[[nodiscard]] Complaint client_certificate(const std::string& path);

}  // namespace latchkey::service::rules
