#pragma once

#include "base/command_line.hpp"
#include "device/running.hpp"
#include "device/settings.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// The flags as they were typed.
struct Flags {
  std::string id;
  std::string bootstrap_url;
  std::string bootstrap_user;
  std::string bootstrap_password_file;
  std::string server_ca_file;
  std::string folder;
  std::string key_file;
  std::string private_key_file;
  std::string certificate_file;
  std::string token_file;
  std::string group;
  std::string credential = "x509";
  std::vector<std::string> attributes;
  std::string mqtt_version = "5";
  std::string provisioning_root = "provisioning/v1";
  bool no_clock = false;
  bool no_encryption_key = false;
  bool json = false;
  std::string config_file;
  std::string on_config;
};

/// Those of a device that runs.
struct RunFlags {
  unsigned patience_s = 60;
  unsigned start_within_s = 0;

  [[nodiscard]] RunOptions options() const {
    return {.patience = std::chrono::seconds(patience_s),
            .start_within = std::chrono::seconds(start_within_s)};
  }
};

/// What is wrong with them, and how the program ends.
struct Failure {
  int exit_code;
  std::string what;
};

/// Those that every command of a device has. `flags` outlives the parsing.
void add_device_flags(Command& command, Flags& flags);
/// Those of a fleet that proves itself by one key or token, in the same `flags`.
void add_fleet_flags(Command& command, Flags& flags);
void add_run_flags(Command& command, RunFlags& flags);

/// Reads the files that they name; says nothing about a folder.
[[nodiscard]] std::expected<Settings, Failure> read_settings(const Flags& flags);

/// A line for the person who started the command, on stderr.
void remark(std::string_view what);
/// What to do about it, below such a line.
void hint(std::string_view what);

}  // namespace latchkey::device
