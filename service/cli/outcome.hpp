#pragma once

#include "base/exit_code.hpp"
#include "registry/administration.hpp"
#include "service/config/config.hpp"

#include <expected>
#include <string>
#include <vector>

namespace latchkey::cli {

/// Why a command ends early: lines for people, what to do about it (or nothing), and the exit code.
struct Failure {
  int exit_code = exit_code::bug;
  std::vector<std::string> what;
  std::string hint;
};

template <class T>
using Result = std::expected<T, Failure>;

[[nodiscard]] std::unexpected<Failure> fail(int exit_code, std::string what, std::string hint = {});
/// Who may run a command: the role that its login needs, and the variable that names the login.
struct Login {
  std::string_view role;
  std::string_view variable;
};
inline constexpr Login operators_login{"latchkey_ops", "LATCHKEY_DB_URL"};
inline constexpr Login owners_login{"latchkey_owner", "LATCHKEY_OWNER_DB_URL"};
/// Where permission was denied, the hint says what the login lacks.
[[nodiscard]] std::unexpected<Failure> fail(const registry::AdminError& error, const Login& login);
[[nodiscard]] std::unexpected<Failure> fail(service::Complaints complaints, std::string hint = {});

/// Writes it to stderr, each line after `latchkey: `, and returns the exit code.
[[nodiscard]] int report(const Failure& failure);

/// Talk: one line on stderr, without a prefix.
void say(const std::string& line);

}  // namespace latchkey::cli
