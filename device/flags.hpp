#pragma once

#include "base/command_line.hpp"
#include "device/run.hpp"
#include "device/settings.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// The values of the flags, unchecked.
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
  unsigned max_message_bytes = 0;
  std::string mqtt_version = "5";
  std::string provisioning_root = "provisioning/v1";
  bool no_clock = false;
  bool no_encryption_key = false;
  bool json = false;
  std::string config_file;
  std::string on_config;
};

/// The flags of `run` and `simulate`.
struct RunFlags {
  unsigned patience_s = 60;
  unsigned start_within_s = 0;

  [[nodiscard]] RunOptions options() const {
    return {.patience = std::chrono::seconds(patience_s),
            .start_within = std::chrono::seconds(start_within_s)};
  }
};

/// Why the flags are invalid, and the exit code.
struct Failure {
  int exit_code;
  std::string what;
};
template <class T>
using Checked = std::expected<T, Failure>;
[[nodiscard]] std::unexpected<Failure> usage(std::string what);
[[nodiscard]] std::unexpected<Failure> bad_data(std::string what);

/// Adds the flags of every command. `flags` must outlive the parsing.
void add_device_flags(Command& command, Flags& flags);
/// Adds the flags of a fleet, which has one group key or token, to the same `flags`.
void add_fleet_flags(Command& command, Flags& flags);
void add_run_flags(Command& command, RunFlags& flags);

/// Reads the files that the flags name. Does not check the folder.
[[nodiscard]] Checked<Settings> read_settings(const Flags& flags);

/// Prints a line for the user on stderr.
void remark(std::string_view what);
/// Prints a hint below such a line.
void hint(std::string_view what);

}  // namespace latchkey::device
