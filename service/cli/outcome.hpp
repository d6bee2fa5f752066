#pragma once

#include "base/exit_code.hpp"
#include "registry/administration.hpp"
#include "service/config/config.hpp"

#include <expected>
#include <string>
#include <vector>

namespace latchkey::cli {

/// Why a command failed: lines for people, a hint (or empty), and the exit code.
struct Failure {
  int exit_code = exit_code::bug;
  std::vector<std::string> what;
  std::string hint;
};

template <class T>
using Result = std::expected<T, Failure>;

[[nodiscard]] std::unexpected<Failure> fail(int exit_code, std::string what, std::string hint = {});
/// The login that a command needs: its role, and the variable that names it.
struct Login {
  std::string_view role;
  std::string_view variable;
};
inline constexpr Login operators_login{"latchkey_ops", "LATCHKEY_DB_URL"};
inline constexpr Login owners_login{"latchkey_owner", "LATCHKEY_OWNER_DB_URL"};
/// If permission was denied, the hint says which role is missing.
[[nodiscard]] std::unexpected<Failure> fail(const registry::AdminError& error, const Login& login);
[[nodiscard]] std::unexpected<Failure> fail(service::Complaints complaints, std::string hint = {});

/// Prints the failure on stderr, each line after `latchkey: `, and returns the exit code. `json`: the command
/// was called with --json, so a program reads stdout: prints it there too, as {"errors", "hint",
/// "exit_code"}.
[[nodiscard]] int report(const Failure& failure, bool json = false);
/// Reports a failure, if it is one.
[[nodiscard]] int exit_code_of(const Result<void>& result, bool json);

/// Prints one line for people on stderr, without a prefix.
void say(const std::string& line);

}  // namespace latchkey::cli
