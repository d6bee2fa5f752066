#pragma once

#include "base/command_line.hpp"
#include "service/cli/material.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The verbs of `latchkey enroll`.
namespace latchkey::cli {

/// Flags that `enroll group` and `enroll device` share.
struct EnrolmentFlags {
  MaterialFlags material;
  std::string database_url;
  std::string config_file;                   ///< the service's configuration
  std::optional<std::string> device_config;  ///< the devices' configuration, JSON
  bool json = false;
};

struct GroupFlags {
  EnrolmentFlags common;
  std::string name;
  std::optional<std::int64_t> max_devices;
  std::optional<std::string> device_id_pattern;
  std::optional<std::string> valid_from;
  std::optional<std::string> valid_until;
  std::optional<std::int64_t> lifetime_s;
  std::optional<std::int64_t> unused_life_s;
  std::optional<std::int64_t> renewal_grace_days;
  bool revoke_retired = false;
  std::optional<std::string> id_from;
  std::string admission = "automatic";
  std::string reprovisioning = "rotate";
  std::vector<std::string> credential_types = {"x509"};
  std::string sealing = "possible";
  std::string token_attributes = "reported";
};

struct DeviceFlags {
  EnrolmentFlags common;
  std::string id;
  std::optional<std::string> group;
};

struct DeriveFlags {
  std::string id;
  std::string group_key_file;
  std::string config_file;  // accepted as everywhere, and not needed
};

/// Checks a group's name or a device's id, which have the same format; `what` names it in the error.
[[nodiscard]] Result<void> check_name(const std::string& name, std::string_view what);

/// The verbs seal-key, roll-key and retire-key.
void add_key_verbs(Command& enroll);

/// Each runs the command and returns the exit code.
[[nodiscard]] int enroll_group(const GroupFlags& flags);
[[nodiscard]] int enroll_device(const DeviceFlags& flags);
[[nodiscard]] int derive_key(const DeriveFlags& flags);

}  // namespace latchkey::cli
