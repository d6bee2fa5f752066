#include "service/cli/outcome.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

int exit_code_of(registry::AdminError::Kind kind) {
  using Kind = registry::AdminError::Kind;
  switch (kind) {
    case Kind::unavailable:
      return exit_code::unavailable;
    case Kind::permission:
      return exit_code::permission;
    case Kind::refused:
      break;
  }
  return exit_code::bad_data;
}

}  // namespace

std::unexpected<Failure> fail(int exit_code, std::string what, std::string hint) {
  return std::unexpected(Failure{exit_code, {std::move(what)}, std::move(hint)});
}

std::unexpected<Failure> fail(const registry::AdminError& error, const Login& login) {
  std::string hint = error.hint;
  if (error.kind == registry::AdminError::Kind::permission && hint.empty())
    hint = "the database login needs the role " + std::string(login.role) + " (GRANT " +
           std::string(login.role) + " TO ...); --db-url, " + std::string(login.variable) +
           " or database.url names the login";
  return fail(exit_code_of(error.kind), error.what, std::move(hint));
}

std::unexpected<Failure> fail(service::Complaints complaints, std::string hint) {
  return std::unexpected(Failure{exit_code::configuration, std::move(complaints), std::move(hint)});
}

int report(const Failure& failure) {
  for (const auto& line : failure.what)
    std::cerr << "latchkey: " << line << '\n';
  if (!failure.hint.empty()) std::cerr << "  hint: " << failure.hint << '\n';
  return failure.exit_code;
}

void say(const std::string& line) {
  std::cerr << line << '\n';
}

}  // namespace latchkey::cli
