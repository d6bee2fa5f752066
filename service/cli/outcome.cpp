#include "service/cli/outcome.hpp"

#include "service/cli/json.hpp"
#include "service/cli/text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace latchkey::cli {
namespace {

constexpr std::string_view line_ends = "\n\t";  // in messages of several lines

int code_of(registry::AdminError::Kind kind) {
  using Kind = registry::AdminError::Kind;
  switch (kind) {
    case Kind::unavailable:
      return exit_code::unavailable;
    case Kind::permission:
      return exit_code::permission;
    case Kind::contention:
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
  return fail(code_of(error.kind), error.what, std::move(hint));
}

std::unexpected<Failure> fail(service::Complaints complaints, std::string hint) {
  return std::unexpected(Failure{exit_code::configuration, std::move(complaints), std::move(hint)});
}

int exit_code_of(const Result<void>& result, bool json) {
  return result ? exit_code::ok : report(result.error(), json);
}

int report(const Failure& failure, bool json) {
  if (json) {
    const nlohmann::json object{
        {"errors", failure.what}, {"hint", failure.hint}, {"exit_code", failure.exit_code}};
    std::cout << json_text(object) << '\n';
  }
  for (const auto& line : failure.what)
    std::cerr << "latchkey: " << without_controls(line, line_ends) << '\n';
  if (!failure.hint.empty()) std::cerr << "  hint: " << without_controls(failure.hint, line_ends) << '\n';
  return failure.exit_code;
}

void say(const std::string& line) {
  std::cerr << without_controls(line, line_ends) << '\n';
}

}  // namespace latchkey::cli
