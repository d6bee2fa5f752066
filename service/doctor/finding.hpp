#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

/// The result of one check of `latchkey doctor`.
struct Finding {
  enum class Result { fine, problem, skipped };
  Result result = Result::fine;
  std::string_view check;  ///< the check's name, one word for programs: "login"
  std::string what;        ///< the result, for people
  std::string_view code;   ///< a problem's identifier, for programs: "wrong_login"
  std::string todo;        ///< how to solve a problem
};
using Findings = std::vector<Finding>;

[[nodiscard]] inline Finding fine(std::string_view check, std::string what) {
  return {Finding::Result::fine, check, std::move(what), {}, {}};
}
[[nodiscard]] inline Finding skipped(std::string_view check, std::string why) {
  return {Finding::Result::skipped, check, std::move(why), {}, {}};
}
[[nodiscard]] inline Finding problem(std::string_view check, std::string_view code, std::string what,
                                     std::string todo) {
  return {Finding::Result::problem, check, std::move(what), code, std::move(todo)};
}

[[nodiscard]] inline bool has_problem(const Findings& findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& each) { return each.result == Finding::Result::problem; });
}

}  // namespace latchkey::service
